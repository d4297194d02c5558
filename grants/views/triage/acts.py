"""What is done beside the verdict: ticks, notes, who works on it, questions to the applicants, likenesses set aside."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import DomainError, InvalidInput, require
from core.forms import apply_domain_error
from grants import wording
from grants.call_forms.triage import EnquiryForm, HandlerForm, NoteForm
from grants.models import ChecklistItem, Likeness, Proposal, ProposalEnquiry
from grants.rules import calls as rules
from grants.services import checklists, enquiries, likeness, notes
from grants.services import triage as services
from grants.views.common import in_background
from grants.views.triage.one import checked_by, checklist_context, page
from grants.views.triage.place import Place, place_of


def _begin(request: HttpRequest, number: str) -> tuple[User, Proposal, Place]:
    user = signed_in(request)
    found = checked_by(user, number)
    require(rules.can_triage(user, found))
    return user, found, place_of(user, found, request.GET)


def _back(place: Place, found: Proposal, anchor: str) -> HttpResponse:
    return redirect(f"{place.url(found.number)}#{anchor}")


# --- checklist --------------------------------------------------------------------------------------------------------
@login_required
@require_POST
def tick(request: HttpRequest, number: str) -> HttpResponse:
    """One tick by script, at once; all of them by a button. What a colleague found meanwhile is never overwritten."""
    user, found, place = _begin(request, number)
    error: DomainError | None = None
    items = {str(one.pk): one for one in ChecklistItem.objects.filter(call=found.call_id, retired_at=None)}
    for key, item in items.items():
        if f"item-{key}" not in request.POST:
            continue
        try:
            _tick(request, found, item, user)
        except DomainError as refused:
            error = refused
    if in_background(request):
        context = {"proposal": found, "may_act": True, "here": f"?{place.query}", "error": error}
        status = error.status if error else 200
        return render(request, "grants/_triage_checklist.html", {**context, **checklist_context(found)}, status=status)
    if error is not None:
        messages.error(request, error.message)
    return _back(place, found, "checklist")


def _tick(request: HttpRequest, found: Proposal, item: ChecklistItem, user: User) -> None:
    finding, was = request.POST.get(f"item-{item.pk}", ""), request.POST.get(f"was-{item.pk}")
    checklists.tick(found, item, finding, was=was, actor=user, at=server_now())


# --- notes, handler, questions ----------------------------------------------------------------------------------------
@login_required
@require_POST
def note(request: HttpRequest, number: str) -> HttpResponse:
    user, found, place = _begin(request, number)
    form = NoteForm(request.POST)
    if _did(form, lambda given: notes.add_note(found, given["text"], actor=user, at=server_now())):
        return _back(place, found, "notes")
    return page(request, user, found, place, note_form=form)


@login_required
@require_POST
def assign(request: HttpRequest, number: str) -> HttpResponse:
    """To oneself by one key, to a colleague by choice, to nobody."""
    user, found, place = _begin(request, number)
    at = server_now()
    data = {"handler": str(user.pk)} if "mine" in request.POST else request.POST
    form = HandlerForm(data, officers=services.officers(at))
    if _did(form, lambda given: services.assign(found, given["handler"], actor=user, at=at)):
        return _back(place, found, "handler")
    return page(request, user, found, place, handler_form=form)


@login_required
@require_POST
def ask(request: HttpRequest, number: str) -> HttpResponse:
    user, found, place = _begin(request, number)
    at = server_now()
    form = EnquiryForm(request.POST, zone=user.zone, at=at)
    if _did(form, lambda given: enquiries.ask(found, given["text"], due_at=given["due"], actor=user, at=at)):
        messages.success(request, _("The applicants are asked."))
        return _back(place, found, "questions")
    return page(request, user, found, place, enquiry_form=form)


def _did(form: Any, act: Callable[[dict[str, Any]], Any]) -> bool:
    if not form.is_valid():
        return False
    try:
        act(form.cleaned_data)
    except DomainError as error:
        apply_domain_error(form, error)
        return False
    return True


@login_required
@require_POST
def withdraw_enquiry(request: HttpRequest, number: str, pk: Any) -> HttpResponse:
    user, found, place = _begin(request, number)
    rows = ProposalEnquiry.objects.visible_to(user).select_related("proposal")
    enquiry = get_object_or_404(rows, pk=pk, proposal=found)
    try:
        enquiries.withdraw(enquiry, actor=user, at=server_now())
    except DomainError as error:
        messages.error(request, error.message)
    return _back(place, found, "questions")


# --- likenesses -------------------------------------------------------------------------------------------------------
@login_required
@require_http_methods(["GET", "POST"])
def alike(request: HttpRequest, number: str, pk: Any) -> HttpResponse:
    """The two beside each other with what differs; seen to mean nothing, it is set aside."""
    user = signed_in(request)
    found = checked_by(user, number)
    place = place_of(user, found, request.GET)
    pair = next((one for one in likeness.likenesses_of(found, user) if one.pk == pk), None)
    if pair is None:
        get_object_or_404(Likeness.objects.none())
    assert pair is not None
    if request.method == "POST":
        require(rules.can_triage(user, found))
        require(rules.can_triage(user, pair.twin))
        act = {"aside": likeness.set_aside, "back": likeness.bring_back}.get(request.POST.get("act", ""))
        if act is None:
            raise InvalidInput(_("Set it aside, or bring it back."))
        act(pair, actor=user, at=server_now())
        return _back(place, found, "alike")
    texts = (_("Title"), found.title, pair.twin.title), (_("Abstract"), found.abstract, pair.twin.abstract)
    context = {
        "proposal": found,
        "call": found.call,
        "place": place,
        "pair": pair,
        "compared": [(label, *wording.side_by_side(mine, theirs)) for label, mine, theirs in texts],
        "may_act": rules.can_triage(user, found) is None,
    }
    return render(request, "grants/triage_alike.html", context)
