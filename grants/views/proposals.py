"""Proposals: the list, starting one, its page, and the acts that change where it stands."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import DomainError, NotAllowed, require
from core.forms import apply_domain_error
from core.lists import render_list
from grants import completeness, costing
from grants.lists.proposals import PROPOSALS
from grants.models import Call, Proposal, Stage
from grants.reading import reading, timeline
from grants.rules import proposals as rules
from grants.services import proposals as services
from grants.services import submission
from grants.views.common import cards_of, proposal_for
from grants.views.editor import outline_of, part_url
from grants.views.signoffs import ReasonForm
from universities.models import Affiliation, University
from universities.queries import confirmed_universities, home_university


@login_required
def proposals(request: HttpRequest) -> HttpResponse:
    return render_list(request, PROPOSALS, extra={"actions_template": "grants/_proposals_actions.html"})


# --- starting -------------------------------------------------------------------------------------------------------
class StartForm(forms.Form):
    title = forms.CharField(
        label=gettext_lazy("Working title"),
        max_length=services.LONGEST_TITLE,
        help_text=gettext_lazy("You can change it until you hand in."),
    )
    university = forms.ModelChoiceField(
        label=gettext_lazy("University that hands it in"), queryset=University.objects.none(), required=False
    )

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data, initial={"university": home_university(user)})
        mine = confirmed_universities(user)
        if mine.exists():
            self.fields["university"].queryset = mine  # type: ignore[attr-defined]
        else:
            del self.fields["university"]


def _stage_to_start(user: User, code: str) -> tuple[Call, Stage]:
    call = get_object_or_404(Call.objects.visible_to(user).select_related("programme__fund"), code=code)
    stages = call.stages.select_related("call").order_by("number")
    at = server_now()
    stage = next((one for one in stages if one.is_open(at)), None) or stages.first()
    if stage is None:
        raise NotAllowed(_("This call takes no proposals yet."))
    require(rules.can_start(user, stage, at))
    return call, stage


@login_required
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, code: str) -> HttpResponse:
    """A title is enough to begin; who has no confirmed university is told what that means and where to name one."""
    user = signed_in(request)
    call, stage = _stage_to_start(user, code)
    form = StartForm(user, request.POST or None)
    status = 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            chosen = form.cleaned_data.get("university")
            title = form.cleaned_data["title"]
            try:
                proposal = services.start_proposal(
                    stage, title=title, pi=user, university=chosen, actor=user, at=server_now()
                )
            except DomainError as error:
                apply_domain_error(form, error)
            else:
                return redirect("grants:proposal_edit", number=proposal.number)
    context = {
        "call": call,
        "stage": stage,
        "form": form,
        "claimed": Affiliation.objects.claimed().filter(user=user).select_related("university").first(),
        "mine": Proposal.objects.shown_to(user).filter(call=call, pi=user),
    }
    return render(request, "grants/proposal_start.html", context, status=status)


# --- its page -------------------------------------------------------------------------------------------------------
@login_required
def proposal(request: HttpRequest, number: str) -> HttpResponse:
    user = signed_in(request)
    return _page(request, user, proposal_for(user, number))


def _page(
    request: HttpRequest, user: User, found: Proposal, form: forms.Form | None = None, status: int = 200
) -> HttpResponse:
    at = server_now()
    inside = bool(found.may_know_review)
    context = {
        **reading(found, user),
        "stage": found.stage,
        "steps": timeline(found, inside=inside),
        "limits": costing.limits_of(found),
        "may_edit": rules.can_edit(user, found) is None,
        "may_take_back": rules.can_take_back(user, found, at) is None,
        "may_withdraw": rules.can_withdraw(user, found) is None,
        "may_sign": found.status == Proposal.Status.AWAITING_SIGN_OFF and rules.can_return(user, found) is None,
        "withdraw_form": form or ReasonForm(auto_id="withdraw_%s"),
        "panels": cards_of(request, user, found),
    }
    if context["may_edit"]:
        context.update(outline_of(found, at))
    return render(request, "grants/proposal.html", context, status=status)


# --- handing in and the ways back -----------------------------------------------------------------------------------
@login_required
@require_http_methods(["GET", "POST"])
def hand_in(request: HttpRequest, number: str) -> HttpResponse:
    """The last look: what will be sent, until when, and what happens next. A second click answers as the first."""
    user = signed_in(request)
    found = proposal_for(user, number)
    require(rules.can_hand_in(user, found))
    error: DomainError | None = None
    if request.method == "POST":
        version = _version(request)  # reads the whole body: only then does the clock count
        try:
            submission.hand_in(found, version=version, actor=user, at=server_now())
        except DomainError as refused:
            error = refused
            found = proposal_for(user, number)
        else:
            messages.success(request, _("Sent to your research office. You will get the receipt when it is signed."))
            return redirect(found)
    elif not found.is_editable:
        return redirect(found)
    at = server_now()
    findings = [
        (finding, f"{part_url(found, finding.part)}#{finding.anchor}") for finding in completeness.missing(found, at)
    ]
    context = {**reading(found, user), "stage": found.stage, "findings": findings, "error": error, "server_time": at}
    return render(request, "grants/proposal_hand_in.html", context, status=error.status if error else 200)


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


@login_required
@require_POST
def take_back(request: HttpRequest, number: str) -> HttpResponse:
    user = signed_in(request)
    found = proposal_for(user, number)
    at = server_now()
    require(rules.can_take_back(user, found, at))
    submission.take_back(found, actor=user, at=at)
    messages.warning(request, _("It is a draft again. It is not in until you hand it in anew."))
    return redirect("grants:proposal_edit", number=number)


@login_required
@require_POST
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    user = signed_in(request)
    found = proposal_for(user, number)
    require(rules.can_withdraw(user, found))
    form = ReasonForm(request.POST, auto_id="withdraw_%s")
    if form.is_valid():
        try:
            submission.withdraw(found, reason=form.cleaned_data["reason"], actor=user, at=server_now())
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("The proposal is withdrawn."))
            return redirect(found)
    return _page(request, user, found, form, status=422)
