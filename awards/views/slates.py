"""Slates: made from the ranking, filled, put to the board."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import signed_in
from accounts.models import User
from awards import lists, rules
from awards.forms import LineForm, ReasonForm, SlateForm
from awards.models import Slate, SlateLine
from awards.queries import lines_of
from awards.services import slates
from core.clock import server_now
from core.errors import DomainError, StaleWrite, require
from core.forms import apply_domain_error
from core.lists import render_list
from core.money import ZERO
from funds.models import FundYear
from funds.queries import positions
from grants.models import Call, Proposal


@login_required
@require_safe
def slate_list(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    calls = Call.objects.none()
    if rules.can_make_slate(user) is None:
        judged = Q(status__in=["closed", "in_review", "decided"]) | Q(status="open", shape=Call.Shape.CUT_OFFS)
        calls = Call.objects.visible_to(user).filter(judged).order_by("code")
    return render_list(request, lists.SLATES, "awards/slates.html", {"calls": calls})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def slate_new(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    call = get_object_or_404(Call.objects.visible_to(user).select_related("programme__fund"), code=code)
    require(rules.can_make_slate(user, call))
    form = SlateForm(request.POST or None, initial={"title": _("Awards of %(call)s") % {"call": call.title}})
    if request.method == "POST" and form.is_valid():
        slate = slates.create_slate(call, **form.cleaned_data, actor=user, at=server_now())
        messages.success(request, _("The slate is made from the ranking. Look at each amount."))
        return redirect(slate)
    status = 422 if request.method == "POST" else 200
    return render(request, "awards/slate_new.html", {"call": call, "form": form}, status=status)


def _slate(user: User, number: str) -> Slate:
    rows = Slate.objects.visible_to(user).select_related("fund", "call__programme__fund", "resolution", "created_by")
    return get_object_or_404(rows, number=number)


@login_required
@require_safe
def slate(request: HttpRequest, number: str) -> HttpResponse:
    """The slate with each year's bar filling: what is free, and what this slate takes."""
    user = signed_in(request)
    one = _slate(user, number)
    lines = lines_of(one, user)
    years = list(FundYear.objects.filter(fund=one.fund).order_by("number"))
    takes = _takes(lines)
    for line in lines:
        amounts = {part.fund_year_id: part.amount for part in line.years.all()}
        line.by_year = [amounts.get(year.pk) for year in years]  # type: ignore[attr-defined]  # for the template
    table = [(position, takes.get(position.year.pk, ZERO)) for position in positions(one.fund)]
    draft = one.status == Slate.Status.DRAFT
    may_propose = rules.can_propose_slate(user, one) is None
    context = {
        "slate": one,
        "lines": lines,
        "funded": [line for line in lines if line.decision == SlateLine.Decision.FUND],
        "total": sum(takes.values(), ZERO),
        "years": years,
        "table": [(p, taken, p.free - taken) for p, taken in table],
        "chart": _chart(table, one.fund.currency, draft=draft),
        "may_change": rules.can_change_slate(user, one) is None,
        "may_propose": may_propose,
        "apart": rules.reads_whole(user, one),
        "may_withdraw": rules.can_withdraw_slate(user, one) is None,
        "problems": slates.problems(one) if may_propose else [],
        "reason_form": ReasonForm(),
        "steps": one.steps.select_related("actor"),
    }
    return render(request, "awards/slate.html", context)


def _takes(lines: list[SlateLine]) -> dict[Any, Decimal]:
    """Per fund year what the lines that the reader sees take: a sum over all would tell of a sealed one."""
    takes: dict[Any, Decimal] = {}
    for line in lines:
        for part in line.years.all():
            takes[part.fund_year_id] = takes.get(part.fund_year_id, ZERO) + part.amount
    return takes


def _chart(table: list[Any], currency: str, *, draft: bool) -> dict[str, Any]:
    free = [str(max(p.free - taken, ZERO) if draft else p.free) for p, taken in table]
    return {
        "kind": "stacked-bars",
        "unit": currency,
        "categories": [p.year.label for p, _taken in table],
        "series": [
            {"name": str(_("Disbursed")), "values": [str(p.disbursed) for p, _t in table], "tone": "disbursed"},
            {
                "name": str(_("Obligated")),
                "values": [str(p.obligated + p.in_process) for p, _t in table],
                "tone": "obligated",
            },
            {"name": str(_("Committed")), "values": [str(p.committed) for p, _t in table], "tone": "committed"},
            {"name": str(_("This slate")), "values": [str(t) for _p, t in table] if draft else [], "tone": "4"},
            {"name": str(_("Free")), "values": free, "tone": "free"},
        ],
        "marks": [{"name": str(_("Ceiling")), "values": [str(p.ceiling) for p, _t in table], "tone": "ceiling"}],
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def line(request: HttpRequest, number: str, proposal: UUID) -> HttpResponse:
    """One proposal of the slate: decide, and put its money into years."""
    user = signed_in(request)
    one = _slate(user, number)
    rows = Proposal.objects.visible_to(user).reviewable_by(user).select_related("university", "stage")
    chosen = get_object_or_404(rows, pk=proposal, call=one.call)
    require(rules.can_decide_line(user, one, chosen))
    years = list(FundYear.objects.filter(fund=one.fund).order_by("number"))
    now_line = SlateLine.objects.filter(slate=one, proposal=chosen).prefetch_related("years__fund_year").first()
    form = LineForm(years, one.fund.currency, request.POST or None, _initial(now_line))
    status, stale = 200, False
    if request.method == "POST":
        status = 422
        if form.is_valid():
            data = form.cleaned_data
            try:
                slates.set_line(
                    one,
                    chosen,
                    decision=data["decision"],
                    by_year=form.by_year(),
                    note=data["note"],
                    version=data["version"],
                    actor=user,
                    at=server_now(),
                )
            except StaleWrite as error:
                form = _over(error.data["version"], form, request)
                form.add_error(None, error.message)
                stale, status = True, error.status
            except DomainError as error:
                apply_domain_error(form, error)
            else:
                messages.success(request, _("%(number)s is set.") % {"number": chosen.number})
                return redirect(one)
    suggested = slates.default_years(one, chosen, chosen.requested) if chosen.requested else {}
    context = {"slate": one, "proposal": chosen, "form": form, "line": now_line, "suggested": suggested, "stale": stale}
    return render(request, "awards/slate_line.html", context, status=status)


def _over(version: int, form: LineForm, request: HttpRequest) -> LineForm:
    """What was typed, over the version that is kept now: setting it again is a choice, no accident."""
    data = request.POST.copy()
    data["version"] = str(version)
    again = LineForm(form.years, form.currency, data)
    again.is_valid()
    return again


def _initial(line: SlateLine | None) -> dict[str, Any]:
    if line is None:
        return {"version": 0, "decision": SlateLine.Decision.FUND}
    amounts = {f"year_{part.fund_year.number}": part.amount for part in line.years.all()}
    return {"version": line.version, "decision": line.decision, "note": line.note, **amounts}


@login_required
@require_POST
def propose(request: HttpRequest, number: str) -> HttpResponse:
    user = signed_in(request)
    one = _slate(user, number)
    require(rules.can_propose_slate(user, one))
    resolution = slates.propose(one, actor=user, at=server_now())
    messages.success(
        request, _("The slate is resolution %(number)s now. Open the vote on it.") % {"number": resolution.number}
    )
    return redirect(resolution)


@login_required
@require_POST
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    user = signed_in(request)
    one = _slate(user, number)
    require(rules.can_withdraw_slate(user, one))
    slates.withdraw(one, reason=request.POST.get("reason", ""), actor=user, at=server_now())
    messages.success(request, _("The slate is withdrawn."))
    return redirect(one)
