"""One proposal: its text beside what the rules say, what colleagues found, and the verdict; then the next of the board."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import signed_in
from accounts.models import User
from audit.queries import history_of
from core.clock import server_now
from core.errors import DomainError, require
from core.forms import apply_domain_error
from grants import eligibility
from grants.call_forms.triage import EnquiryForm, HandlerForm, LetterForm, NoteForm, VerdictForm
from grants.models import LetterTemplate, Note, Proposal, ProposalEnquiry, ProposalStep
from grants.reading import reading, timeline
from grants.rules import calls as rules
from grants.rules.triage import can_see_triage
from grants.services import checklists, enquiries, invitations, likeness
from grants.services import letters_of_decisions as letters
from grants.services import triage as services
from grants.services.triage_many import for_planning
from grants.views.common import cards_of, proposal_for
from grants.views.triage.place import Place, onwards, place_of

Status = Proposal.Status
KINDS = {
    "eligible": LetterTemplate.Kind.ELIGIBLE,
    "ineligible": LetterTemplate.Kind.INELIGIBLE,
    "invited": LetterTemplate.Kind.INVITED,
    "not_invited": LetterTemplate.Kind.NOT_INVITED,
}


def checked_by(user: User, number: str) -> Proposal:
    """The proposal, if this reader sees it and may know of its triage: unseen is a 404, a conflict a 403 with the reason."""
    require(rules.can_see_intake(user))
    found = proposal_for(user, number)
    require(can_see_triage(user, found))
    return found


@login_required
@require_http_methods(["GET", "POST"])
def triage(request: HttpRequest, number: str) -> HttpResponse:
    user = signed_in(request)
    found = checked_by(user, number)
    place = place_of(user, found, request.GET)
    form = VerdictForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require(rules.can_triage(user, found))
        if form.is_valid():
            if form.cleaned_data["look"] and form.cleaned_data["verdict"] in KINDS:
                return letter_page(request, found, place, form.cleaned_data)
            try:
                _decide(found, form.cleaned_data, user, None)
            except DomainError as error:
                apply_domain_error(form, error)
            else:
                return _decided(request, user, found, place, form.cleaned_data["verdict"])
    return page(request, user, found, place, verdict_form=form)


# --- the verdict ------------------------------------------------------------------------------------------------------
def _decide(found: Proposal, given: dict[str, Any], user: User, letter: letters.Letter | None) -> None:
    how: dict[str, Any] = {"actor": user, "at": server_now()}
    note, reason = {"note": given["reason"]}, {"reason": given["reason"]}
    if given["verdict"] == "readmit":
        invitations.readmit(found, **note, **how)
        return
    acts: dict[str, tuple[Callable[..., Any], dict[str, str]]] = {
        "eligible": (services.mark_eligible, note),
        "ineligible": (services.mark_ineligible, reason),
        "invited": (invitations.invite, note),
        "not_invited": (invitations.not_invite, reason),
    }
    act, words = acts[given["verdict"]]
    act(found, letter=letter, **words, **how)


def _decided(request: HttpRequest, user: User, found: Proposal, place: Place, verdict: str) -> HttpResponse:
    words = {
        "eligible": _("%(number)s is eligible."),
        "ineligible": _("%(number)s is not eligible; the applicants are told why."),
        "invited": _("%(number)s is invited to the full proposal."),
        "not_invited": _("%(number)s is not invited; the applicants are told why."),
        "readmit": _("%(number)s is readmitted."),
    }
    messages.success(request, words[verdict] % {"number": found.number})
    return onwards(user, found, place)


@login_required
@require_POST
def with_letter(request: HttpRequest, number: str) -> HttpResponse:
    """The verdict with the letter that was read, and perhaps changed, for this one proposal."""
    user = signed_in(request)
    found = checked_by(user, number)
    require(rules.can_triage(user, found))
    place = place_of(user, found, request.GET)
    verdict, form = VerdictForm(request.POST), LetterForm(request.POST)
    if not verdict.is_valid() or verdict.cleaned_data["verdict"] not in KINDS:
        return page(request, user, found, place, verdict_form=verdict)
    if form.is_valid():
        try:
            letter = letters.own_letter(form.cleaned_data["subject"], form.cleaned_data["body"])
            _decide(found, verdict.cleaned_data, user, letter)
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            return _decided(request, user, found, place, verdict.cleaned_data["verdict"])
    return letter_page(request, found, place, verdict.cleaned_data, form=form)


def letter_page(
    request: HttpRequest, found: Proposal, place: Place, given: dict[str, Any], *, form: Any = None
) -> HttpResponse:
    """Filled in and ready: nothing happens before it is sent."""
    kind = KINDS[given["verdict"]]
    if form is None:
        letter = letters.letter_for(found, kind, server_now(), reason=given["reason"])
        form = LetterForm(initial={"subject": letter.subject, "body": letter.body})
    context = {
        "proposal": found,
        "call": found.call,
        "place": place,
        "form": form,
        "verdict": given["verdict"],
        "reason": given["reason"],
        "kind": kind.label,
        "readers": letters.readers_of(found, kind),
        "back": place.url(found.number),
    }
    return render(request, "grants/triage_letter.html", context, status=422 if form.errors else 200)


# --- the page ---------------------------------------------------------------------------------------------------------
def page(
    request: HttpRequest,
    user: User,
    found: Proposal,
    place: Place,
    *,
    verdict_form: VerdictForm | None = None,
    note_form: NoteForm | None = None,
    enquiry_form: EnquiryForm | None = None,
    handler_form: HandlerForm | None = None,
) -> HttpResponse:
    at = server_now()
    may_act = rules.can_triage(user, found) is None
    forms = {
        "form": verdict_form or VerdictForm(),
        "note_form": note_form or NoteForm(),
        "enquiry_form": enquiry_form or EnquiryForm(zone=user.zone, at=at),
        "handler_form": handler_form
        or HandlerForm(officers=services.officers(at), initial={"handler": found.handler_id}),
    }
    verdict = found.steps.filter(state__in=invitations.verdicts_of(found)).select_related("actor").last()
    context = {
        **reading(found, user),
        **forms,
        **_verdict_context(user, found, verdict),
        "call": found.call,
        "place": place,
        "here": f"?{place.query}",
        "findings": eligibility.findings_of(for_planning([found.pk]), at)[found.pk],
        "may_act": may_act,
        **checklist_context(found),
        "notes": Note.objects.visible_to(user).filter(proposal=found).select_related("author"),
        "enquiries": asked_of(user, found),
        "may_ask": may_act and found.status not in enquiries.OVER,
        "alike": likeness.likenesses_of(found, user),
        "steps": [one for one in timeline(found, inside=True) if not one.is_next],
        "panels": cards_of(request, user, found) if verdict is not None else [],
        "history": history_of(found, user),
        "at": at,
    }
    status = 422 if any(form.errors for form in forms.values()) else 200
    return render(request, "grants/triage.html", context, status=status)


def _verdict_context(user: User, found: Proposal, verdict: ProposalStep | None) -> dict[str, Any]:
    """Which buttons there are: none, where it has gone on to the review or nobody here may decide."""
    return {
        "may_decide": rules.can_triage(user, found) is None and found.status in invitations.triaged(found),
        "why_not": rules.can_triage(user, found),
        "verdict": verdict if found.status != Status.SUBMITTED else None,
        "is_expression": found.is_expression,
    }


def checklist_context(found: Proposal) -> dict[str, Any]:
    lines = checklists.lines_of(found)
    asked = [one for one in lines if not one.retired]
    return {
        "checklist": lines,
        "ticked": sum(1 for one in asked if one.finding),
        "to_tick": len(asked),
        "undone": [one for one in asked if one.item.required and not one.finding],
        "findings_of_items": checklists.Found.choices,
    }


def asked_of(user: User, found: Proposal) -> Any:
    rows = ProposalEnquiry.objects.visible_to(user).filter(proposal=found)
    return rows.select_related("asked_by", "answered_by")
