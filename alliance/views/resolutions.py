"""Pages of resolutions: the list, one with its papers and votes, and the form that proposes an appropriation."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import signed_in
from accounts.models import User
from alliance import rules
from alliance.appropriation import KIND
from alliance.effects import effect_of, withheld
from alliance.forms import AppropriationForm, ClosingForm, ReasonForm
from alliance.lists import RESOLUTIONS
from alliance.models import Resolution, Vote
from alliance.queries import Tally, tally_of, to_vote_on
from alliance.services import resolutions as services
from core.clock import server_now
from core.errors import DomainError, require
from core.forms import apply_domain_error
from core.lists import render_list
from funds.models import Fund, FundYear
from funds.queries import positions

CHOICES = (
    (Vote.Choice.FOR, "thumb-up", "success"),
    (Vote.Choice.AGAINST, "thumb-down", "danger"),
    (Vote.Choice.ABSTAIN, "minus", "neutral"),
)
TONES = {choice: tone for choice, _icon, tone in CHOICES}


@login_required
def resolution_list(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    context = {
        "may_propose": rules.can_propose(user, KIND) is None,
        "waiting": to_vote_on(user, server_now()).select_related("fund"),
    }
    return render_list(request, RESOLUTIONS, "alliance/resolutions.html", context)


# --- one resolution ---------------------------------------------------------------------------------------------------
def _resolution(user: User, number: str) -> Resolution:
    rows = Resolution.objects.visible_to(user).select_related("fund", "proposed_by", "decided_by", "entry")
    return get_object_or_404(rows, number=number)


@login_required
def resolution(request: HttpRequest, number: str) -> HttpResponse:
    user = signed_in(request)
    found = _resolution(user, number)
    return render(request, "alliance/resolution.html", _context(found, user))


def _context(found: Resolution, user: User, **forms: Any) -> dict[str, Any]:
    """Papers and votes, or (for who recused themselves) nothing but that it is there and how it ended."""
    effect = effect_of(found.kind)
    shown = {"resolution": found, "kind": effect.label, "recused": rules.is_recused(user, found)}
    if shown["recused"]:
        return shown
    at = server_now()
    own, apart = Vote.objects.filter(resolution=found, user=user).first(), withheld(found, user)
    tally = tally_of(found, at) if found.opened_at else None
    return {
        **shown,
        "facts": [] if apart else effect.describe(found),
        "apart": apart,
        "papers": effect.papers(found) if effect.papers else "",
        "tally": tally,
        "bars": _bars(tally) if tally else [],
        "seats": [(seat, tally.votes.get(seat.user_id)) for seat in tally.seats] if tally else [],
        "own": own,
        "may_vote": rules.can_vote(user, found, at) is None,
        "closed": found.closes_at is not None and at >= found.closes_at,
        "may_open": rules.can_open(user, found) is None,
        "may_decide": rules.can_decide(user, found) is None and tally is not None and _can_count(found, tally, at),
        "may_withdraw": rules.can_withdraw(user, found) is None,
        "steps": found.steps.select_related("actor"),
        "choices": CHOICES,
        "closing_form": ClosingForm(),
        "reason_form": ReasonForm(),
        "reads_entries": user.has_role("administrator", "finance_officer", "finance_approver", "auditor"),
        **forms,
    }


def _can_count(found: Resolution, tally: Tally, at: Any) -> bool:
    return tally.settled or (found.closes_at is not None and at >= found.closes_at)


def _bars(tally: Tally) -> list[tuple[str, int, float, str]]:
    """(words, votes, per cent of the seats that count, tone) for each answer, and for those still out."""
    counts = [
        (Vote.Choice.FOR.label, tally.for_, "success"),
        (Vote.Choice.AGAINST.label, tally.against, "danger"),
        (Vote.Choice.ABSTAIN.label, tally.abstained, "neutral"),
        (_("Not voted yet"), tally.out, ""),
    ]
    return [(str(words), n, 100 * n / tally.base if tally.base else 0, tone) for words, n, tone in counts]


@login_required
@require_POST
def open_voting(request: HttpRequest, number: str) -> HttpResponse:
    user = signed_in(request)
    found = _resolution(user, number)
    require(rules.can_open(user, found))
    form = ClosingForm(request.POST)
    if form.is_valid():
        try:
            services.open_voting(found, closes_at=form.cleaned_data["closes_at"], actor=user, at=server_now())
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("Voting is open. Everybody with a vote was told."))
            return redirect("alliance:resolution", found.number)
    return render(request, "alliance/resolution.html", _context(found, user, closing_form=form), status=422)


@login_required
@require_POST
def vote(request: HttpRequest, number: str) -> HttpResponse:
    user = signed_in(request)
    found = _resolution(user, number)
    at = server_now()
    require(rules.can_vote(user, found, at))
    cast = services.cast_vote(found, request.POST.get("choice", ""), actor=user, at=at)
    if cast.choice == Vote.Choice.RECUSED:
        messages.success(request, _("You recused yourself. You no longer see the papers and the votes."))
        return redirect("alliance:resolution", found.number)
    messages.success(request, _("Your vote is counted: %(choice)s.") % {"choice": cast.get_choice_display().lower()})
    now = _resolution(user, number)
    if now.problem:
        messages.warning(request, _("The decision could not be carried out. Staff was told."))
    elif now.status != Resolution.Status.VOTING:
        words = {"number": now.number, "state": now.get_status_display().lower()}
        messages.success(request, _("%(number)s is %(state)s.") % words)
    return redirect("alliance:resolution", found.number)


@login_required
@require_POST
def decide(request: HttpRequest, number: str) -> HttpResponse:
    """Count now. What can't be carried out leaves the resolution as it is, and says why."""
    user = signed_in(request)
    found = _resolution(user, number)
    require(rules.can_decide(user, found))
    try:
        done = services.decide(found, actor=user, at=server_now())
    except DomainError as error:
        return render(
            request, "alliance/resolution.html", {**_context(found, user), "refusal": error.message}, status=409
        )
    words = {"number": done.number, "state": done.get_status_display().lower()}
    messages.success(request, _("%(number)s is %(state)s.") % words)
    return redirect("alliance:resolution", found.number)


@login_required
@require_POST
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    user = signed_in(request)
    found = _resolution(user, number)
    require(rules.can_withdraw(user, found))
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            services.withdraw_resolution(found, reason=form.cleaned_data["reason"], actor=user, at=server_now())
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("%(number)s is withdrawn.") % {"number": found.number})
            return redirect("alliance:resolution", found.number)
    return render(request, "alliance/resolution.html", _context(found, user, reason_form=form), status=422)


# --- proposing an appropriation ---------------------------------------------------------------------------------------
@login_required
def appropriate(request: HttpRequest, fund: str = "") -> HttpResponse:
    user = signed_in(request)
    require(rules.can_propose(user, KIND))
    funds = list(Fund.objects.order_by("-created_at"))
    chosen = next((one for one in funds if one.code == fund), None) if fund else (funds[0] if funds else None)
    if chosen is None:
        if fund:
            raise Http404
        return render(request, "alliance/appropriation_form.html", {"fund": None})
    form = AppropriationForm(request.POST or None, fund=chosen, years=FundYear.objects.filter(fund=chosen))
    if request.method == "POST" and form.is_valid() and (made := _proposed(form, user)):
        opened = made.status == Resolution.Status.VOTING
        words = {"number": made.number}
        said = (
            _("%(number)s is put to the board.") if opened else _("%(number)s is drafted. Open the voting when ready.")
        )
        messages.success(request, said % words)
        return redirect("alliance:resolution", made.number)
    context = {"form": form, "fund": chosen, "funds": funds, "years": positions(chosen)}
    return render(request, "alliance/appropriation_form.html", context, status=422 if form.is_bound else 200)


def _proposed(form: AppropriationForm, user: User) -> Resolution | None:
    """Proposed, and put to the vote where that was asked for: both, or neither."""
    closes_at = form.cleaned_data["closes_at"] if form.cleaned_data["opens"] else None
    try:
        return services.propose_and_open(**form.facts(), closes_at=closes_at, actor=user, at=server_now())
    except DomainError as error:
        apply_domain_error(form, error)
        return None
