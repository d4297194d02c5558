"""A proposal's budget as arithmetic: lines in, the working out with every sum, and where it breaks the call's rules.

Pure: no row is read or written here. The indirect costs are counted by `universities.indirect`, as awards count them.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from django.utils.translation import gettext as _

from core.money import ZERO, checked_money, format_money, round_money
from grants.models import BudgetRules, Category
from universities.indirect import SUBAWARDS, CostLine, IndirectRule, WorkedPeriod, Working, indirect

MOST_PERIODS = 10


class Line(Protocol):
    """What a line needs to be counted: a row of the table and a line to be both have it."""

    @property
    def period(self) -> int: ...
    @property
    def category(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def amount(self) -> Decimal: ...


def amount_of(quantity: Decimal, unit_cost: Decimal, currency: str) -> Decimal:
    """quantity × unit cost, rounded half up to the currency's minor unit: what the line asks for."""
    return round_money(quantity * unit_cost, currency)


def periods_of(months: int | None, longest: int) -> int:
    """How many budget periods (years) a project of so many months has; the longest allowed while none are given."""
    return min(MOST_PERIODS, max(1, math.ceil((months or longest) / 12)))


def rule_of(rules: BudgetRules, rate: Decimal | None, currency: str) -> IndirectRule:
    """The call's base with the university's rate, capped by the call. No rate on record: nothing is paid on top."""
    return IndirectRule(
        base=rules.base,
        rate=ZERO if rate is None else rate,
        exclusions=frozenset(_engine(category) for category in rules.excluded),
        subaward_threshold=rules.subaward_threshold,
        cap_rate=rules.rate_cap,
        currency=currency,
    )


def work_out(lines: Iterable[Line], rules: BudgetRules, rate: Decimal | None, currency: str) -> Working:
    """Lines of the category "subaward" with the same description are one subaward, over all periods."""
    costs = [
        CostLine(line.period, _engine(line.category), checked_money(line.amount, currency), _subaward(line))
        for line in lines
    ]
    return indirect(costs, rule_of(rules, rate, currency))


def _engine(category: str) -> str:
    return SUBAWARDS if category == Category.SUBAWARD else category


def _subaward(line: Line) -> str:
    return line.description.strip().casefold() if line.category == Category.SUBAWARD else ""


# --- the table of the working ---------------------------------------------------------------------------------------
@dataclass(frozen=True)
class TableRow:
    """One row of the budget's table: an amount for each period, and their sum."""

    key: str
    label: str
    amounts: tuple[Decimal, ...]

    @property
    def total(self) -> Decimal:
        return sum(self.amounts, ZERO)


@dataclass(frozen=True)
class BudgetTable:
    """Categories, then direct costs, base, indirect costs and total, for `periods` 1 to n."""

    periods: tuple[int, ...]
    categories: tuple[TableRow, ...]
    direct: TableRow
    excluded: TableRow
    base: TableRow
    indirect: TableRow
    total: TableRow
    rule: IndirectRule


def table_of(working: Working, periods: int) -> BudgetTable:
    """`working` laid out by category and period; at least `periods` columns, empty ones with zeros."""
    last = max([periods, *(one.period for one in working.periods)])
    numbers = tuple(range(1, last + 1))
    by_period = {one.period: one for one in working.periods}
    sums: dict[tuple[str, int], Decimal] = {}
    for worked in working.lines:
        place = (worked.line.category, worked.line.period)
        sums[place] = sums.get(place, ZERO) + worked.line.amount
    used = {category for category, _period in sums}
    categories = tuple(
        TableRow(category.value, str(category.label), tuple(sums.get((_engine(category), n), ZERO) for n in numbers))
        for category in Category
        if _engine(category) in used
    )
    empty = WorkedPeriod(0, ZERO, ZERO, ZERO, ZERO)
    worked_periods = [by_period.get(number, empty) for number in numbers]

    def row(key: str, label: str) -> TableRow:
        return TableRow(key, label, tuple(getattr(one, key) for one in worked_periods))

    return BudgetTable(
        periods=numbers,
        categories=categories,
        direct=row("direct", _("Direct costs")),
        excluded=row("excluded", _("Not in the base")),
        base=row("base", _("Base of indirect costs")),
        indirect=row("indirect", _("Indirect costs")),
        total=row("total", _("Total")),
        rule=working.rule,
    )


# --- where it breaks the call's rules -------------------------------------------------------------------------------
@dataclass(frozen=True)
class Breach:
    code: str
    message: str


@dataclass(frozen=True)
class Limits:
    """What the call says about the whole: both ends in the fund's currency, and how many periods the project has."""

    floor: Decimal
    ceiling: Decimal
    currency: str
    periods: int


def breaches(lines: Sequence[Line], working: Working, rules: BudgetRules, limits: Limits) -> list[Breach]:
    """Everything in this budget that the call doesn't allow, in the order in which a reader meets it."""
    if not lines:
        return [Breach("budget_empty", _("The budget has no lines yet."))]
    found = [*_wrong_categories(lines, rules), *_over_caps(lines, rules, limits.currency)]
    if late := sorted({line.period for line in lines if line.period > limits.periods}):
        words = ", ".join(str(number) for number in late)
        found.append(
            Breach("budget_period", _("There are costs in year %(years)s, after the project ends.") % {"years": words})
        )
    asked = {"asked": format_money(working.total, limits.currency)}
    if working.total > limits.ceiling:
        most = {**asked, "most": format_money(limits.ceiling, limits.currency)}
        found.append(
            Breach("budget_over", _("The budget asks for %(asked)s; this call awards at most %(most)s.") % most)
        )
    if working.total < limits.floor:
        least = {**asked, "least": format_money(limits.floor, limits.currency)}
        found.append(
            Breach("budget_under", _("The budget asks for %(asked)s; this call awards at least %(least)s.") % least)
        )
    return found


def _wrong_categories(lines: Sequence[Line], rules: BudgetRules) -> list[Breach]:
    names = [
        Category(name).label for name in dict.fromkeys(line.category for line in lines) if name not in rules.categories
    ]
    return [Breach("budget_category", _("This call does not pay for: %(name)s.") % {"name": name}) for name in names]


def _over_caps(lines: Sequence[Line], rules: BudgetRules, currency: str) -> list[Breach]:
    caps: Mapping[str, Any] = rules.caps
    found = []
    for category in Category:
        cap = caps.get(category.value)
        asked = sum((line.amount for line in lines if line.category == category), ZERO)
        if cap not in (None, "") and asked > Decimal(str(cap)):
            words = {
                "name": category.label,
                "asked": format_money(asked, currency),
                "most": format_money(Decimal(str(cap)), currency),
            }
            found.append(Breach("budget_cap", _("%(name)s: %(asked)s, where this call pays at most %(most)s.") % words))
    return found
