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

    @property
    def cells(self) -> list[tuple[Decimal, str]]:
        """(amount, its place as a breach names it), period by period."""
        return [(amount, f"{self.key}-{period}") for period, amount in enumerate(self.amounts, 1)]


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
    """`place` is the cell of the table that it is about: `travel-2`, `total-2`, `travel-total`; empty for the whole."""

    code: str
    message: str
    place: str = ""
    anchor: str = "budget"


@dataclass(frozen=True)
class Limits:
    """What the call says about the whole: both ends in the fund's currency, and how many periods the project has.

    `cost_share` is what the university says that it bears itself.
    """

    floor: Decimal
    ceiling: Decimal
    currency: str
    periods: int
    cost_share: Decimal = ZERO


def breaches(lines: Sequence[Line], working: Working, rules: BudgetRules, limits: Limits) -> list[Breach]:
    """Everything in this budget that the call doesn't allow, in the order in which a reader meets it."""
    if not lines:
        return [Breach("budget_empty", _("The budget has no lines yet."))]
    return [
        *_wrong_categories(lines, rules),
        *_over_caps(lines, rules, limits.currency),
        *_over_period_caps(lines, rules, limits.currency),
        *_over_period_cap(working, rules, limits.currency),
        *_late(lines, limits),
        *_whole(working, limits),
        *_cost_share(working, rules, limits),
    ]


def _at(place: str) -> dict[str, str]:
    return {"place": place, "anchor": f"cell-{place}"}


def _wrong_categories(lines: Sequence[Line], rules: BudgetRules) -> list[Breach]:
    names = [
        Category(name).label for name in dict.fromkeys(line.category for line in lines) if name not in rules.categories
    ]
    return [Breach("budget_category", _("This call does not pay for: %(name)s.") % {"name": name}) for name in names]


def _cap(caps: Mapping[str, Any], category: str) -> Decimal | None:
    cap = caps.get(category)
    return None if cap in (None, "") else Decimal(str(cap))


def _over_caps(lines: Sequence[Line], rules: BudgetRules, currency: str) -> list[Breach]:
    found = []
    for category in Category:
        cap = _cap(rules.caps, category.value)
        asked = sum((line.amount for line in lines if line.category == category), ZERO)
        if cap is not None and asked > cap:
            words = {
                "name": category.label,
                "asked": format_money(asked, currency),
                "most": format_money(cap, currency),
            }
            message = _("%(name)s: %(asked)s, where this call pays at most %(most)s.") % words
            found.append(Breach("budget_cap", message, **_at(f"{category.value}-total")))
    return found


def _over_period_caps(lines: Sequence[Line], rules: BudgetRules, currency: str) -> list[Breach]:
    sums: dict[tuple[int, str], Decimal] = {}
    for line in lines:
        key = (line.period, str(line.category))
        sums[key] = sums.get(key, ZERO) + line.amount
    found = []
    for (period, category), asked in sorted(sums.items()):
        cap = _cap(rules.period_caps, category)
        if cap is not None and asked > cap:
            words = {
                "year": period,
                "name": Category(category).label,
                "asked": format_money(asked, currency),
                "most": format_money(cap, currency),
            }
            message = _("Year %(year)s, %(name)s: %(asked)s, where this call pays at most %(most)s a year.") % words
            found.append(Breach("budget_period_cap", message, **_at(f"{category}-{period}")))
    return found


def _over_period_cap(working: Working, rules: BudgetRules, currency: str) -> list[Breach]:
    cap = rules.period_cap
    if cap is None:
        return []
    most = format_money(cap, currency)
    return [
        Breach(
            "budget_period_cap",
            _("Year %(year)s asks for %(asked)s in all; this call pays at most %(most)s a year.")
            % {"year": one.period, "asked": format_money(one.total, currency), "most": most},
            **_at(f"total-{one.period}"),
        )
        for one in working.periods
        if one.total > cap
    ]


def _late(lines: Sequence[Line], limits: Limits) -> list[Breach]:
    late = sorted({line.period for line in lines if line.period > limits.periods})
    if not late:
        return []
    words = _("There are costs in year %(years)s, after the project ends.") % {"years": ", ".join(map(str, late))}
    return [Breach("budget_period", words, anchor=f"year-{late[0]}")]


def _whole(working: Working, limits: Limits) -> list[Breach]:
    asked = {"asked": format_money(working.total, limits.currency)}
    place = _at("total-total")
    if working.total > limits.ceiling:
        words = {**asked, "most": format_money(limits.ceiling, limits.currency)}
        message = _("The budget asks for %(asked)s; this call awards at most %(most)s.") % words
        return [Breach("budget_over", message, **place)]
    if working.total < limits.floor:
        words = {**asked, "least": format_money(limits.floor, limits.currency)}
        message = _("The budget asks for %(asked)s; this call awards at least %(least)s.") % words
        return [Breach("budget_under", message, **place)]
    return []


def cost_share_least(total: Decimal, rules: BudgetRules, currency: str) -> Decimal:
    """What the university must bear of a budget that asks for `total`: rounded half up, zero where none is required."""
    if rules.cost_share != BudgetRules.CostShare.REQUIRED:
        return ZERO
    return round_money(total * rules.cost_share_least, currency)


def _cost_share(working: Working, rules: BudgetRules, limits: Limits) -> list[Breach]:
    least = cost_share_least(working.total, rules, limits.currency)
    if limits.cost_share >= least:
        return []
    words = {
        "given": format_money(limits.cost_share, limits.currency),
        "least": format_money(least, limits.currency),
        "percent": f"{(rules.cost_share_least * 100).normalize():f}",
    }
    message = _(
        "The university bears %(given)s itself; this call asks for at least %(least)s (%(percent)s%% of what is asked for)."
    )
    return [Breach("cost_share_missing", message % words, anchor="id_cost_share")]
