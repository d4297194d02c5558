"""How an award's money and reports lie in time: pure, from dates and amounts."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.money import ZERO, split
from funds.models import FundYear

DAYS_TO_REPORT = 60
DAYS_TO_CLOSE = 90


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day so many months later; the last of the month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first_after = dt.date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (first_after - dt.timedelta(days=1)).day
    return dt.date(year, month + 1, min(day.day, last))


def by_fund_year(
    amount: Decimal, starts_on: dt.date, ends_on: dt.date, years: Sequence[FundYear], currency: str
) -> dict[FundYear, Decimal]:
    """`amount` over the fund years in proportion to the project's days in each, summing to it exactly.

    Days before the first year count to the first, days after the last to the last, and a project between two years to the
    later one: all of an award is the fund's. Years whose part is zero are left out.
    """
    ordered = sorted(years, key=lambda year: year.starts_on)
    weights = []
    for i, year in enumerate(ordered):
        begin = starts_on if i == 0 else max(starts_on, year.starts_on)
        end = ends_on if i == len(ordered) - 1 else min(ends_on, year.ends_before - dt.timedelta(days=1))
        weights.append(Decimal(max((end - begin).days + 1, 0)))
    if not any(weights):
        following = next(i for i, year in enumerate(ordered) if year.starts_on > ends_on)
        weights[following] = Decimal(1)
    parts = split(amount, weights, currency)
    return {year: part for year, part in zip(ordered, parts, strict=True) if part > ZERO}


@dataclass(frozen=True)
class PlannedReport:
    kind: str
    number: int
    period_from: dt.date
    period_to: dt.date
    due_on: dt.date


def reports_of(starts_on: dt.date, ends_on: dt.date) -> list[PlannedReport]:
    """A progress report for each full year of work but the last, and a final one."""
    planned: list[PlannedReport] = []
    begin, number = starts_on, 1
    while (after := add_months(begin, 12)) <= ends_on - dt.timedelta(days=30):
        end = after - dt.timedelta(days=1)
        planned.append(PlannedReport("progress", number, begin, end, end + dt.timedelta(days=DAYS_TO_REPORT)))
        begin, number = after, number + 1
    planned.append(PlannedReport("final", 1, begin, ends_on, ends_on + dt.timedelta(days=DAYS_TO_CLOSE)))
    return planned


@dataclass(frozen=True)
class InstalmentSpec:
    """An instalment to be: `after_report` is the number of the progress report on which it waits, or None."""

    fund_year: FundYear
    amount: Decimal
    due_on: dt.date
    after_report: int | None = None


def instalments_of(money: Mapping[FundYear, Decimal], starts_on: dt.date) -> list[InstalmentSpec]:
    """One instalment for each fund year's part: when the year begins, or the project, if later.

    From the second on each waits for the progress report on the year of work that ended before it.
    """
    specs: list[InstalmentSpec] = []
    for year, amount in sorted(money.items(), key=lambda item: item[0].starts_on):
        due_on = max(year.starts_on, starts_on)
        worked = (due_on.year - starts_on.year) - ((due_on.month, due_on.day) < (starts_on.month, starts_on.day))
        specs.append(InstalmentSpec(year, amount, due_on, worked if specs and worked >= 1 else None))
    return specs
