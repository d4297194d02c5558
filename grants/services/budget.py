"""Saving the budget as a whole, and what it adds up to."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.errors import InvalidInput, StaleWrite
from core.money import checked_money
from core.text import clean_line
from grants import budgeting
from grants.costing import current_rate, rules_of
from grants.costing import working as working
from grants.models import BudgetLine, BudgetRules, Category, Proposal
from grants.services import drafts

LONGEST_DESCRIPTION, MOST_LINES = 200, 400
MOST_QUANTITY = Decimal(10) ** 8


@dataclass(frozen=True)
class LineSpec:
    """A line to be: quantity × unit cost, in the call's currency, in a period (1 is the project's first year)."""

    period: int
    category: str
    description: str
    unit_cost: Decimal
    quantity: Decimal = Decimal(1)


@transaction.atomic
def set_lines(
    proposal: Proposal,
    lines: Sequence[LineSpec],
    *,
    version: int | None = None,
    cost_share: Decimal | None = None,
    actor: User | None,
    at: dt.datetime,
) -> Proposal:
    """Replace all lines and count anew what is asked for. `cost_share`: what the university bears itself; None: as it is.

    With `version` (the proposal's, as the writer had read it), a budget that somebody else saved since is not
    overwritten: `StaleWrite`. Refused: categories that the call does not pay for, amounts finer than the currency.
    """
    locked = drafts.lock_draft(proposal)
    if locked.is_expression:
        raise InvalidInput(_("An expression of interest has no budget: it says about how much it will ask for."))
    if version is not None and locked.part_versions.get("budget", 0) > version:
        raise StaleWrite(_("Somebody saved another budget meanwhile. Yours is still here."), version=locked.version)
    rows = [_line(locked, spec, position) for position, spec in enumerate(lines)]
    if len(rows) > MOST_LINES:
        raise InvalidInput(_("A budget has at most %(most)d lines.") % {"most": MOST_LINES})
    share = _share(locked, cost_share)
    before = {"requested": locked.requested, "cost_share": locked.cost_share, "lines": locked.budget_lines.count()}
    same = [_plain(row) for row in locked.budget_lines.all()] == [_plain(row) for row in _in_order(rows)]
    if not same:
        locked.budget_lines.all().delete()
        BudgetLine.objects.bulk_create(rows)
    counted = recount(locked, at=at)
    if same and not counted and share == locked.cost_share:
        return locked
    locked.cost_share = share
    drafts.touch(locked, at, parts=["budget"], fields=["cost_share"])
    after = {"requested": locked.requested, "cost_share": share, "lines": len(rows)}
    record(actor, "proposal.budget_saved", locked, at=at, before=before, after=after)
    return locked


def _share(proposal: Proposal, given: Decimal | None) -> Decimal:
    if given is None:
        kept: Decimal = proposal.cost_share
        return kept
    share = checked_money(given, proposal.currency, field="cost_share")
    if share < 0:
        raise InvalidInput(_("An amount can't be negative."), field="cost_share")
    if share and rules_of(proposal.call).cost_share == BudgetRules.CostShare.NONE:
        raise InvalidInput(_("This call does not count what the university bears itself."), field="cost_share")
    return share


def _line(proposal: Proposal, spec: LineSpec, position: int) -> BudgetLine:
    """A refusal names the line by its place in `data`."""
    try:
        return _checked_line(proposal, spec, position)
    except InvalidInput as error:
        raise InvalidInput(error.message, field=error.field, line=position) from error


def _checked_line(proposal: Proposal, spec: LineSpec, position: int) -> BudgetLine:
    currency = proposal.currency
    if spec.category not in rules_of(proposal.call).categories:
        raise InvalidInput(_("This call does not pay for this category."), field="category")
    if not 1 <= spec.period <= budgeting.MOST_PERIODS:
        raise InvalidInput(_("A budget has years 1 to %(most)d.") % {"most": budgeting.MOST_PERIODS}, field="period")
    description = clean_line(spec.description, field="description", longest=LONGEST_DESCRIPTION)
    if not description:
        raise InvalidInput(_("Say what this line is for."), field="description")
    unit_cost = checked_money(spec.unit_cost, currency, field="unit_cost")
    quantity = _quantity(spec.quantity)
    if unit_cost < 0:
        raise InvalidInput(_("A cost can't be negative."), field="unit_cost")
    amount = checked_money(budgeting.amount_of(quantity, unit_cost, currency), currency, field="unit_cost")
    return BudgetLine(
        proposal=proposal,
        period=spec.period,
        category=Category(spec.category),
        description=description,
        quantity=quantity,
        unit_cost=unit_cost,
        amount=amount,
        position=position,
    )


def _quantity(quantity: Decimal) -> Decimal:
    if not quantity.is_finite() or not 0 < quantity < MOST_QUANTITY:
        raise InvalidInput(_("The quantity must be more than zero."), field="quantity")
    rounded = quantity.quantize(Decimal("0.01"))
    if rounded != quantity:
        raise InvalidInput(_("A quantity has two decimals at most."), field="quantity")
    return rounded


def _in_order(rows: Sequence[BudgetLine]) -> list[BudgetLine]:
    return sorted(rows, key=lambda row: (row.period, row.position))


def _plain(row: BudgetLine) -> tuple[object, ...]:
    return row.period, str(row.category), row.description, row.quantity, row.unit_cost, row.amount


def recount(locked: Proposal, *, at: dt.datetime) -> bool:
    """Look the rate up anew and count what is asked for; whether anything came out differently."""
    if locked.is_expression:  # says itself about how much: nothing is counted
        return False
    rate = current_rate(locked, at.date())
    lines = list(locked.budget_lines.all())
    total = budgeting.work_out(lines, rules_of(locked.call), rate, locked.currency).total
    checked_money(total, locked.currency)
    if (rate, total) == (locked.indirect_rate, locked.requested):
        return False
    locked.indirect_rate, locked.requested = rate, total
    locked.save(update_fields=["indirect_rate", "requested"])
    return True
