"""What a call and a programme may give, fund year by fund year. Reads only.

Of each year a fund can still give what is free and what is not yet appropriated, less what calls that nobody has decided
on have announced. A programme with money of its own bounds its calls besides.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from core.money import ZERO
from funds.models import Fund, FundYear
from funds.queries import YearPosition, positions
from grants.models import Call, CallYear, Programme, ProgrammeYear, Stage

UNDECIDED = (Call.Status.PUBLISHED, Call.Status.OPEN, Call.Status.CLOSED, Call.Status.IN_REVIEW)
NOT_DRAWN = (Call.Status.DRAFT, Call.Status.CANCELLED)


@dataclass(frozen=True)
class YearMoney:
    """One fund year as a call sees it. `announced`: by other calls. `programme`: what its programme may give in it, None
    where the programme has no money of its own; `drawn`: what the programme's other calls draw. `asked`: by this call."""

    position: YearPosition
    announced: Decimal
    programme: Decimal | None
    drawn: Decimal
    asked: Decimal

    @property
    def year(self) -> FundYear:
        return self.position.year

    @property
    def left(self) -> Decimal:
        """What the fund can still promise in this year."""
        return max(ZERO, self.position.free + self.position.unappropriated - self.announced)

    @property
    def programme_left(self) -> Decimal | None:
        return None if self.programme is None else max(ZERO, self.programme - self.drawn)

    @property
    def can_give(self) -> Decimal:
        return self.left if self.programme_left is None else min(self.left, self.programme_left)

    @property
    def is_over(self) -> bool:
        return self.asked > self.can_give


@dataclass(frozen=True)
class Money:
    """The years of the call's fund that are not over, and any other that it draws on. In the fund's currency.

    `by_hand`: an officer said how much falls in which year; otherwise `asked` of each year is what publishing would take:
    the earliest years first that still have money, from the one in which the call closes.
    """

    years: tuple[YearMoney, ...]
    currency: str
    by_hand: bool

    @property
    def left(self) -> Decimal:
        return sum((one.left for one in self.years), ZERO)

    @property
    def can_give(self) -> Decimal:
        return sum((one.can_give for one in self.years), ZERO)

    @property
    def announced(self) -> Decimal:
        return sum((one.announced for one in self.years), ZERO)

    @property
    def asked(self) -> Decimal:
        return sum((one.asked for one in self.years), ZERO)

    @property
    def has_programme(self) -> bool:
        return any(one.programme is not None for one in self.years)

    @property
    def chart(self) -> dict[str, Any]:
        """For each year what is gone, what others announced, what this call asks for and what then stays."""
        used = [one.position.reserved + one.position.disbursed for one in self.years]
        rest = [
            max(ZERO, one.position.ceiling - gone - one.announced - one.asked)
            for one, gone in zip(self.years, used, strict=True)
        ]
        return {
            "kind": "stacked-bars",
            "categories": [one.year.label for one in self.years],
            "series": [
                _series(_("Reserved or paid"), used, "obligated"),
                _series(_("Announced by other calls"), (one.announced for one in self.years), "committed"),
                _series(_("This call"), (one.asked for one in self.years), "1"),
                _series(_("Left after it"), rest, "free"),
            ],
            "marks": [
                _series(_("Ceiling"), (one.position.ceiling for one in self.years), "ceiling"),
                *(
                    [_series(_("Money of the programme"), (one.programme or ZERO for one in self.years), "2")]
                    if self.has_programme
                    else []
                ),
            ],
            "unit": self.currency,
        }


def _series(name: str, values: Iterable[Decimal], tone: str) -> dict[str, Any]:
    return {"name": name, "values": [str(value) for value in values], "tone": tone}


def money_of(call: Call, at: dt.datetime) -> Money:
    """Five queries, whatever the calls and years."""
    programme, fund = call.programme, call.programme.fund
    asked = dict(CallYear.objects.filter(call=call).values_list("year", "amount"))
    others = CallYear.objects.exclude(call=call)
    announced = _sums(others.filter(call__programme__fund=fund, call__status__in=UNDECIDED))
    drawn = _sums(others.filter(call__programme=programme).exclude(call__status__in=NOT_DRAWN))
    own = dict(ProgrammeYear.objects.filter(programme=programme).values_list("year", "amount"))
    rows = tuple(
        YearMoney(
            one,
            announced.get(one.year.pk, ZERO),
            own.get(one.year.pk, ZERO) if own else None,
            drawn.get(one.year.pk, ZERO),
            asked.get(one.year.pk, ZERO),
        )
        for one in positions(fund)
        if one.year.ends_before > at.date() or one.year.pk in asked
    )
    if asked:
        return Money(rows, fund.currency, by_hand=True)
    share = spread(call.envelope, rows, _first_day(call, at))
    return Money(tuple(_with(row, share.get(row.year, ZERO)) for row in rows), fund.currency, by_hand=False)


def _with(row: YearMoney, asked: Decimal) -> YearMoney:
    return YearMoney(row.position, row.announced, row.programme, row.drawn, asked)


def _sums(rows: QuerySet[CallYear]) -> dict[Any, Decimal]:
    return dict(rows.order_by().values_list("year").annotate(sum=Sum("amount")))


def _first_day(call: Call, at: dt.datetime) -> dt.date:
    """Nothing is awarded before the call has closed."""
    closings = Stage.objects.filter(call=call).order_by("closes_at").values_list("closes_at", flat=True)
    return max([at, *closings[:1]]).date()


def spread(envelope: Decimal, years: Sequence[YearMoney], day: dt.date) -> dict[FundYear, Decimal]:
    """An envelope over years: the earliest first that are not over on `day`, each as far as it can give. What no year
    can give is in none of them."""
    rest, found = envelope, {}
    for one in sorted(years, key=lambda one: (one.year.ends_before <= day, one.year.number)):
        part = min(rest, one.can_give)
        if part > ZERO:
            found[one.year] = part
            rest -= part
    return found


# --- programmes -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class ProgrammeMoney:
    """A year of a programme's fund: what the programme may give in it (None: bounded by the fund alone), what its calls
    that were published draw, and what of the year other programmes have."""

    year: FundYear
    ceiling: Decimal
    amount: Decimal | None
    drawn: Decimal
    others: Decimal

    @property
    def left(self) -> Decimal | None:
        return None if self.amount is None else self.amount - self.drawn


def programme_money(programme: Programme) -> list[ProgrammeMoney]:
    """Four queries."""
    rows = CallYear.objects.filter(call__programme=programme).exclude(call__status__in=NOT_DRAWN)
    drawn, own = _sums(rows), dict(ProgrammeYear.objects.filter(programme=programme).values_list("year", "amount"))
    others = dict(
        ProgrammeYear.objects.filter(programme__fund=programme.fund)
        .exclude(programme=programme)
        .order_by()
        .values_list("year")
        .annotate(sum=Sum("amount"))
    )
    return [
        ProgrammeMoney(
            one.year,
            one.ceiling,
            own.get(one.year.pk, ZERO) if own else None,
            drawn.get(one.year.pk, ZERO),
            others.get(one.year.pk, ZERO),
        )
        for one in positions(programme.fund)
    ]


def years_of(fund: Fund) -> Mapping[str, FundYear]:
    """A fund's years by their keys as text, as forms and programs name them."""
    return {str(year.pk): year for year in FundYear.objects.filter(fund=fund).order_by("number")}
