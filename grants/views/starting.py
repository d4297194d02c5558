"""Starting a proposal: under an open stage, or on an expression of interest that was invited."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.http import signed_in
from accounts.models import Role, User
from core.clock import server_now
from core.errors import DomainError, NotAllowed, require
from core.forms import apply_domain_error
from grants import calling, competition, eligibility, windows
from grants.inviting import full_stage, invitations_of
from grants.models import Call, Proposal, Stage
from grants.rules import proposals as rules
from grants.services import proposals as services
from grants.views.common import proposal_for
from universities.models import Affiliation, University
from universities.queries import confirmed_universities, home_university


class StartForm(forms.Form):
    title = forms.CharField(
        label=gettext_lazy("Working title"),
        max_length=services.LONGEST_TITLE,
        help_text=gettext_lazy("You can change it until you hand in."),
    )
    university = forms.ModelChoiceField(
        label=gettext_lazy("University that hands it in"), queryset=University.objects.none(), required=False
    )

    def __init__(self, universities: Sequence[University], data: Any = None, **initial: Any) -> None:
        super().__init__(data, initial=initial)
        if universities:
            keys = [one.pk for one in universities]
            self.fields["university"].queryset = University.objects.filter(pk__in=keys)  # type: ignore[attr-defined]
        else:
            del self.fields["university"]


# --- under an open stage ----------------------------------------------------------------------------------------------
def _call_to_start(user: User, code: str) -> Call:
    calls = calling.with_stages(Call.objects.visible_to(user)).select_related("programme__fund")
    return get_object_or_404(calls.prefetch_related("eligibility_rules"), code=code)


def stage_to_start(user: User, call: Call, at: dt.datetime) -> Stage:
    """The stage that takes something of this reader now; the first one where none does, to say why."""
    mine = list(confirmed_universities(user))
    stage = windows.open_stage(call, person=user, universities=mine, at=at) or next(iter(call.stages.all()), None)
    if stage is None:
        raise NotAllowed(_("This call takes no proposals yet."))
    stage.call = call
    return stage


def _to_competition(user: User, call: Call) -> bool:
    """Whether the university's own choice is all that keeps this reader out."""
    if call.internal_limit is None or user.has_role(*Role.values):
        return False
    mine = list(confirmed_universities(user))
    return bool(mine) and all(competition.why_not_start(call, user, one) for one in mine)


@login_required
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, code: str) -> HttpResponse:
    """A title is enough to begin; who has no confirmed university is told what that means and where to name one.

    Whom the university's own competition keeps out is led there; who was invited to a full proposal, to its beginning.
    """
    user, at = signed_in(request), server_now()
    call = _call_to_start(user, code)
    stage = stage_to_start(user, call, at)
    if stage.by_invitation and (first := invitations_of(user, call).first()):
        return redirect("grants:proposal_follow", number=first.number)
    if request.method == "GET" and _to_competition(user, call):
        return redirect("grants:competition", code=call.code)
    require(rules.can_start(user, stage, at))
    mine = [one for one in confirmed_universities(user) if competition.why_not_start(call, user, one) is None]
    home = home_university(user)
    form = StartForm(mine, request.POST or None, university=home if home in mine else next(iter(mine), None))
    status = 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            given = form.cleaned_data
            try:
                proposal = services.start_proposal(
                    stage,
                    title=given["title"],
                    pi=user,
                    university=given.get("university"),
                    actor=user,
                    at=server_now(),
                )
            except DomainError as error:
                apply_domain_error(form, error)
            else:
                return redirect("grants:proposal_edit", number=proposal.number)
    return _page(request, user, stage, form, status)


def _page(request: HttpRequest, user: User, stage: Stage, form: StartForm, status: int) -> HttpResponse:
    at, call = server_now(), stage.call
    university = form["university"].value() if "university" in form.fields else None
    chosen = University.objects.filter(pk=getattr(university, "pk", university)).first() if university else None
    context = {
        "call": call,
        "stage": stage,
        "closes": windows.closes_for(stage, person=user, university=chosen, at=at),
        "form": form,
        "claimed": Affiliation.objects.claimed().filter(user=user).select_related("university").first(),
        "mine": Proposal.objects.shown_to(user).filter(call=call, pi=user),
        "findings": findings_before(stage, user, chosen, at),
    }
    return render(request, "grants/proposal_start.html", context, status=status)


def findings_before(
    stage: Stage, user: User, university: University | None, at: dt.datetime
) -> list[eligibility.Finding]:
    """What can be said of eligibility before a word is written: conditions that are not met, those that stop first."""
    found = [one for one in eligibility.for_applicant(stage, user, university, at) if one.met is False]
    return sorted(found, key=lambda one: not one.stops)


# --- on an invitation -------------------------------------------------------------------------------------------------
@login_required
@require_http_methods(["GET", "POST"])
def follow(request: HttpRequest, number: str) -> HttpResponse:
    """The full proposal of an invited expression of interest: what is carried over, by when it is handed in, and a start.

    Once begun it leads there, whoever of the team opens it.
    """
    user = signed_in(request)
    first = proposal_for(user, number)
    begun = Proposal.objects.visible_to(user).filter(follows=first).first()
    if begun is not None:
        return redirect(begun)
    full = full_stage(first.call)
    at = server_now()
    require(rules.can_follow(user, first, full, at))
    assert full is not None
    error: DomainError | None = None
    if request.method == "POST":
        try:
            made = services.start_proposal(full, title="", pi=user, follows=first, actor=user, at=server_now())
        except DomainError as refused:
            error = refused
        else:
            return redirect("grants:proposal_edit", number=made.number)
    context = {
        "call": first.call,
        "first": first,
        "stage": full,
        "closes": windows.closes_for(full, person=user, university=first.university, at=at),
        "opens": full.opens_at if full.opens_at > at else None,
        "team": first.team.all(),
        "error": error,
        "findings": findings_before(full, user, first.university, at),
    }
    return render(request, "grants/proposal_follow.html", context, status=error.status if error else 200)
