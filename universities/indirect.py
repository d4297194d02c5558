"""Indirect costs: rate × base, for proposals and awards alike. Pure: numbers in, numbers with their working out.

The base is what the university's rate agreement or the call says: all direct costs; modified total direct costs, which
leave out whole categories (equipment, tuition, participant support) and of each subaward what is above a threshold; or
salaries alone. Source of the method: 2 CFR 200.1 (modified total direct cost) and 200.414.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Literal

from django.utils.translation import gettext as _

from core.errors import InvalidInput
from core.money import ZERO, checked_money, format_money, round_money

TOTAL_DIRECT, MODIFIED_TOTAL_DIRECT, SALARIES = "total_direct", "modified_total_direct", "salaries"
PERSONNEL, SUBAWARDS = "personnel", "subaward"
HIGHEST_RATE = Decimal("1.5")
Why = Literal["counted", "category", "over_threshold", "not_salaries"]


@dataclass(frozen=True)
class CostLine:
    """One direct cost. `subaward` names the subaward that it belongs to, so that its threshold is used up only once
    over all periods; without a name a line of the category "subaward" is a subaward by itself."""

    period: int
    category: str
    amount: Decimal
    subaward: str = ""


@dataclass(frozen=True)
class IndirectRule:
    """How indirect costs are worked out. Rates are fractions: 0.5 is 50 %.

    `exclusions` (categories) and `subaward_threshold` (what of each subaward counts; None: all of it) shape the modified
    base only. `cap_rate` is the most that the sponsor pays.
    """

    base: str
    rate: Decimal
    exclusions: frozenset[str] = frozenset()
    subaward_threshold: Decimal | None = None
    cap_rate: Decimal | None = None
    currency: str = "USD"

    @property
    def applied_rate(self) -> Decimal:
        return self.rate if self.cap_rate is None else min(self.rate, self.cap_rate)

    @property
    def capped(self) -> bool:
        return self.applied_rate < self.rate


@dataclass(frozen=True)
class WorkedLine:
    """How much of a line is in the base, and why not all of it."""

    line: CostLine
    counted: Decimal
    why: Why
    rule: IndirectRule

    @property
    def excluded(self) -> Decimal:
        return self.line.amount - self.counted

    @property
    def explanation(self) -> str:
        if self.why == "category":
            return _("This category is left out of the base.")
        if self.why == "not_salaries":
            return _("Only salaries are in the base.")
        if self.why == "over_threshold":
            return _("Of each subaward the first %(threshold)s count; here %(counted)s.") % {
                "threshold": format_money(self.rule.subaward_threshold or ZERO, self.rule.currency),
                "counted": format_money(self.counted, self.rule.currency),
            }
        return _("Counts in full.")


@dataclass(frozen=True)
class WorkedPeriod:
    """One budget period. `indirect` is rounded half up to the currency's minor unit, once a period."""

    period: int
    direct: Decimal
    excluded: Decimal
    base: Decimal
    indirect: Decimal

    @property
    def total(self) -> Decimal:
        return self.direct + self.indirect


@dataclass(frozen=True)
class Working:
    """The whole calculation. Its totals are the sums of its periods, so both ways of adding give the same."""

    rule: IndirectRule
    periods: tuple[WorkedPeriod, ...]
    lines: tuple[WorkedLine, ...]

    @cached_property
    def direct(self) -> Decimal:
        return sum((period.direct for period in self.periods), ZERO)

    @cached_property
    def excluded(self) -> Decimal:
        return sum((period.excluded for period in self.periods), ZERO)

    @cached_property
    def base(self) -> Decimal:
        return sum((period.base for period in self.periods), ZERO)

    @cached_property
    def indirect(self) -> Decimal:
        return sum((period.indirect for period in self.periods), ZERO)

    @property
    def total(self) -> Decimal:
        return self.direct + self.indirect


def indirect(lines: Sequence[CostLine], rule: IndirectRule) -> Working:
    """Work out the indirect costs of `lines`. Periods come in order; one without lines is not there.

    Refuses (`InvalidInput`) negative amounts, amounts finer than the currency's minor unit, and rates beyond 0 to 1.5.
    """
    _check(lines, rule)
    left: dict[str, Decimal] = {}
    worked = tuple(_worked(line, rule, left) for line in sorted(lines, key=lambda line: line.period))
    periods = tuple(_period(number, worked, rule) for number in dict.fromkeys(one.line.period for one in worked))
    return Working(rule, periods, worked)


def _check(lines: Sequence[CostLine], rule: IndirectRule) -> None:
    if rule.base not in {TOTAL_DIRECT, MODIFIED_TOTAL_DIRECT, SALARIES}:
        raise InvalidInput(_("There is no base “%(base)s” for indirect costs.") % {"base": rule.base})
    if not ZERO <= rule.rate <= HIGHEST_RATE or (rule.cap_rate is not None and rule.cap_rate < 0):
        raise InvalidInput(_("A rate of indirect costs is between 0 % and 150 %, a cap zero or more."))
    for line in lines:
        if checked_money(line.amount, rule.currency) < 0:
            raise InvalidInput(_("A cost can't be negative."))


def _worked(line: CostLine, rule: IndirectRule, left: dict[str, Decimal]) -> WorkedLine:
    """`left` holds what of each named subaward's threshold is not used up yet."""
    if rule.base == TOTAL_DIRECT:
        return WorkedLine(line, line.amount, "counted", rule)
    if rule.base == SALARIES:
        return (
            WorkedLine(line, line.amount, "counted", rule)
            if line.category == PERSONNEL
            else WorkedLine(line, ZERO, "not_salaries", rule)
        )
    if line.category in rule.exclusions:
        return WorkedLine(line, ZERO, "category", rule)
    if line.category != SUBAWARDS or rule.subaward_threshold is None:
        return WorkedLine(line, line.amount, "counted", rule)
    room = left.get(line.subaward, rule.subaward_threshold) if line.subaward else rule.subaward_threshold
    counted = min(line.amount, room)
    if line.subaward:
        left[line.subaward] = room - counted
    return WorkedLine(line, counted, "counted" if counted == line.amount else "over_threshold", rule)


def _period(number: int, worked: Sequence[WorkedLine], rule: IndirectRule) -> WorkedPeriod:
    mine = [one for one in worked if one.line.period == number]
    direct = sum((one.line.amount for one in mine), ZERO)
    base = sum((one.counted for one in mine), ZERO)
    return WorkedPeriod(number, direct, direct - base, base, round_money(base * rule.applied_rate, rule.currency))
