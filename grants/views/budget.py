"""The budget's part of the editor: a grid that saves itself and shows its sums at once, with the working explained."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import InvalidInput, StaleWrite, require
from core.money import format_money, parse_money
from grants import budgeting, costing, grid
from grants.models import BudgetRules, Proposal
from grants.rules import proposals as rules
from grants.services import budget as services
from grants.views.common import in_background, proposal_for, saves
from grants.views.editor import closed_to_edits, frame
from universities.indirect import Working

ADD, REMOVE, COPY, FORCE, TAKE = "add", "remove", "copy", "force", "take"


@saves
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, number: str) -> HttpResponse:
    user = signed_in(request)
    proposal = proposal_for(user, number)
    require(rules.can_write(user, proposal))
    if proposal.is_expression:  # says about how much, among its details
        raise Http404
    if request.method == "POST":
        return _save(request, user, proposal)
    if away := closed_to_edits(request, proposal):
        return away
    context = _context(proposal, grid.stored(proposal), server_now())
    return render(request, "grants/editor_budget.html", context)


def _save(request: HttpRequest, user: User, proposal: Proposal) -> HttpResponse:
    """Save the whole grid unless a row of it can't be read; then everything stays as it was typed, and says so."""
    at = server_now()
    if TAKE in request.POST:
        return _answer(request, proposal, grid.stored(proposal), at, whole=True)
    rules_of_call = costing.rules_of(proposal.call)
    sheet = grid.typed(request.POST, proposal, rules_of_call.categories)
    whole = any(name in request.POST for name in (ADD, REMOVE, COPY, FORCE))
    sheet = _reshaped(request, sheet, costing.limits_of(proposal).periods)
    more: dict[str, Any] = {"read_version": _version(request), "share_typed": request.POST.get("cost_share")}
    if not sheet.errors:
        try:
            share = _share(request, proposal)
            services.set_lines(proposal, sheet.specs(), version=_version(request), cost_share=share, actor=user, at=at)
        except StaleWrite as error:
            more = {**more, "conflict": error, "theirs": costing.table(proposal)}
        except InvalidInput as error:
            more = {**more, "error": error, "share_error": error.field == "cost_share" and error.message}
    return _answer(request, proposal_for(user, proposal.number), sheet, at, whole=whole, **more)


def _reshaped(request: HttpRequest, sheet: grid.Grid, periods: int) -> grid.Grid:
    """What the grid's own buttons do: one row more, one less, the first year's rows in the later years."""
    if COPY in request.POST:
        return grid.copied_forward(sheet, 1, periods)
    if ADD in request.POST:
        return sheet.with_row(_number(request.POST[ADD]))
    if REMOVE in request.POST:
        return sheet.without_row(_number(request.POST[REMOVE]))
    return sheet


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise InvalidInput(_("This page is damaged: reload it."))
    return int(text)


def _version(request: HttpRequest) -> int:
    return _number(request.POST.get(FORCE) or request.POST.get("budget-version") or "0")


def _answer(
    request: HttpRequest, proposal: Proposal, sheet: grid.Grid, at: dt.datetime, *, whole: bool, **more: Any
) -> HttpResponse:
    """To a script: the sums alone, so that the cursor stays where it is, or the whole grid. To a form: the page."""
    trouble = bool(sheet.errors or more.get("conflict") or more.get("error"))
    status = 409 if more.get("conflict") else 422 if trouble else 200
    context = _context(proposal, sheet, at, **more, saved=not trouble)
    if in_background(request):
        template = "grants/_editor_budget_grid_answer.html" if whole else "grants/_editor_budget_sums_answer.html"
        return render(request, template, context, status=status)
    if trouble or whole:
        return render(request, "grants/editor_budget.html", context, status=status)
    messages.success(request, _("Saved."))
    return redirect(context["next_url"] if "go-on" in request.POST else request.path)


def _context(proposal: Proposal, sheet: grid.Grid, at: dt.datetime, **more: Any) -> dict[str, Any]:
    """`budget_version` stays at what the writer had read while there is trouble, so that nothing is overwritten unasked."""
    limits, budget_rules = costing.limits_of(proposal), costing.rules_of(proposal.call)
    kept = bool(more.get("saved", True))
    table = _table(proposal, sheet, limits.periods)
    return {
        **frame(proposal, "budget", at),
        "sheet": sheet,
        "years": sheet.by_period(limits.periods),
        "periods": limits.periods,
        "categories": grid.category_choices(budget_rules.categories),
        "table": table,
        "currency": proposal.currency,
        "budget_rules": budget_rules,
        "limits": limits,
        "over": _over(proposal, sheet, limits),
        "share": _share_field(proposal, budget_rules, table.total.total, more.get("share_typed")),
        "no_rate": proposal.university is not None and proposal.indirect_rate is None,
        "budget_version": proposal.version if kept else more.get("read_version", proposal.version),
        **more,
    }


def _worked(proposal: Proposal, sheet: grid.Grid) -> Working:
    rules_of_call = costing.rules_of(proposal.call)
    return budgeting.work_out(sheet.readable(), rules_of_call, proposal.indirect_rate, proposal.currency)


def _table(proposal: Proposal, sheet: grid.Grid, periods: int) -> budgeting.BudgetTable:
    """The sums of what is typed, saved or not yet."""
    return budgeting.table_of(_worked(proposal, sheet), periods)


def _over(proposal: Proposal, sheet: grid.Grid, limits: budgeting.Limits) -> set[str]:
    """The cells of the table in which what is typed breaks a rule of the call."""
    found = budgeting.breaches(sheet.readable(), _worked(proposal, sheet), costing.rules_of(proposal.call), limits)
    return {one.place for one in found if one.place}


def _share(request: HttpRequest, proposal: Proposal) -> Decimal | None:
    """What the university bears itself, as typed; None where the page has no field for it."""
    typed = request.POST.get("cost_share")
    return None if typed is None else parse_money(typed.strip() or "0", proposal.currency, field="cost_share")


def _share_field(proposal: Proposal, rules_of_call: BudgetRules, total: Decimal, typed: str | None) -> dict[str, Any]:
    """The field for what the university bears itself: not there where the call does not count it."""
    kinds = BudgetRules.CostShare
    if rules_of_call.cost_share == kinds.NONE:
        return {}
    saved = format_money(proposal.cost_share, proposal.currency).removesuffix(proposal.currency).strip()
    return {
        "value": typed if typed is not None else saved if proposal.cost_share else "",
        "required": rules_of_call.cost_share == kinds.REQUIRED,
        "fraction": rules_of_call.cost_share_least,
        "least": budgeting.cost_share_least(total, rules_of_call, proposal.currency),
    }
