"""The five-year board beyond the years: what each programme holds, and what of the pledges has arrived. As of any instant."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, F, Q, QuerySet, Sum, When
from django.urls import reverse
from django.utils.translation import gettext as _

from core.money import ZERO
from funds import chart
from funds.board import lines_url
from funds.models import Balance, Fund, Line
from funds.queries import YearPosition

SIGNED = Case(When(side=F("account__side"), then=F("amount")), default=-F("amount"))
LEVELS = {
    chart.COMMITTED: "committed",
    chart.OBLIGATED: "obligated",
    chart.IN_PROCESS: "obligated",
    chart.DISBURSED: "disbursed",
}
CALL = "subaccount__award__proposal__call"


def held(where: Q, as_of: dt.datetime | None, *keys: str) -> Iterable[tuple[Any, ...]]:
    """(account code, *keys, amount) from the kept balances, or from the lines posted at or before `as_of`."""
    rows: QuerySet[Any]
    if as_of is None:
        rows, amount = Balance.objects.filter(where), Sum("amount")
    else:
        rows, amount = Line.objects.filter(where, entry__posted_at__lte=as_of), Sum(SIGNED)
    return rows.order_by().values_list("account__code", *keys).annotate(held=amount)


# --- programmes -------------------------------------------------------------------------------------------------------
@dataclass
class Held:
    """What awards hold: chosen by the board, binding and not paid (in process or not), paid."""

    committed: Decimal = ZERO
    obligated: Decimal = ZERO
    disbursed: Decimal = ZERO

    def add(self, level: str, amount: Decimal) -> None:
        setattr(self, level, getattr(self, level) + amount)

    @property
    def all(self) -> Decimal:
        return self.committed + self.obligated + self.disbursed


@dataclass
class CallRow(Held):
    code: str = ""
    title: str = ""
    url: str = ""


@dataclass
class ProgrammeRow(Held):
    name: str = ""
    calls: list[CallRow] = field(default_factory=list)


def by_programme(fund: Fund, as_of: dt.datetime | None, day: dt.date | None, *, linked: bool) -> list[ProgrammeRow]:
    """One query. `linked`: each call leads to its awards, for whoever may list them."""
    keys = (f"{CALL}__programme__name", f"{CALL}__code", f"{CALL}__title")
    where = Q(account__fund=fund, account__code__in=list(LEVELS), subaccount__award__isnull=False)
    programmes: dict[str, ProgrammeRow] = {}
    calls: dict[str, CallRow] = {}
    for account, name, code, title, amount in held(where, as_of, *keys):
        programme = programmes.setdefault(name, ProgrammeRow(name=name))
        if code not in calls:
            calls[code] = CallRow(code=code, title=title, url=_awards_url(code, day) if linked else "")
            programme.calls.append(calls[code])
        programme.add(LEVELS[account], amount)
        calls[code].add(LEVELS[account], amount)
    for programme in programmes.values():
        programme.calls = sorted((call for call in programme.calls if call.all), key=lambda call: call.code)
    return sorted((row for row in programmes.values() if row.all), key=lambda row: row.name)


def _awards_url(call: str, day: dt.date | None) -> str:
    asked = {"call": call, **({"as_of": day.isoformat()} if day else {})}
    return f"{reverse('awards:awards')}?{urlencode(asked)}"


def programme_chart(fund: Fund, rows: Sequence[ProgrammeRow]) -> dict[str, Any]:
    levels = (("disbursed", _("Disbursed")), ("obligated", _("Obligated")), ("committed", _("Committed")))
    return {
        "kind": "stacked-bars",
        "horizontal": True,
        "unit": fund.currency,
        "categories": [row.name for row in rows],
        "series": [
            {"name": words, "values": [str(getattr(row, name)) for row in rows], "tone": name} for name, words in levels
        ],
    }


# --- pledges ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class PledgeRow:
    """What members promised for a fund year (None: all years), and what of it arrived."""

    label: str
    pledged: Decimal
    received: Decimal
    outstanding: Decimal
    written_off: Decimal
    pledged_url: str
    outstanding_url: str


def pledges_by_year(
    fund: Fund, years: Sequence[YearPosition], as_of: dt.datetime | None, day: dt.date | None, *, linked: bool
) -> list[PledgeRow]:
    """A row a year and a last one for all; one query."""
    codes = [chart.CAPITAL, chart.RECEIVABLE, chart.WRITTEN_OFF]
    sums = {
        (account, year): amount
        for account, year, amount in held(Q(account__fund=fund, account__code__in=codes), as_of, "fund_year")
    }

    def link(code: str, year: YearPosition | None) -> str:
        return lines_url(fund, code, year.year if year else None, day) if linked else ""

    rows = []
    for year in [*years, None]:
        wanted = [year.year.pk] if year else [one.year.pk for one in years]
        pledged, open_, off = (sum((sums.get((code, pk), ZERO) for pk in wanted), ZERO) for code in codes)
        label = year.year.label if year else ""
        links = link(chart.CAPITAL, year), link(chart.RECEIVABLE, year)
        rows.append(PledgeRow(label, pledged, pledged - open_ - off, open_, off, *links))
    return rows


def pledge_chart(fund: Fund, rows: Sequence[PledgeRow]) -> dict[str, Any]:
    years = [row for row in rows if row.label]
    return {
        "kind": "stacked-bars",
        "unit": fund.currency,
        "categories": [row.label for row in years],
        "series": [
            {"name": _("Received"), "values": [str(row.received) for row in years], "tone": "success"},
            {"name": _("Still to come"), "values": [str(row.outstanding) for row in years], "tone": "ceiling"},
        ],
    }


# --- the public's five years -------------------------------------------------------------------------------------------
def simple_chart(fund: Fund, years: Sequence[YearPosition]) -> dict[str, Any]:
    """Three plain parts of each year, under its ceiling."""
    parts = (
        (_("Paid out"), "disbursed", [year.disbursed for year in years]),
        (_("Promised to awards"), "obligated", [year.reserved for year in years]),
        (_("Free to award"), "free", [year.free for year in years]),
    )
    return {
        "kind": "stacked-bars",
        "unit": fund.currency,
        "categories": [year.year.label for year in years],
        "series": [{"name": name, "tone": tone, "values": [str(v) for v in values]} for name, tone, values in parts],
        "marks": [{"name": _("The year’s ceiling"), "values": [str(y.ceiling) for y in years], "tone": "ceiling"}],
    }
