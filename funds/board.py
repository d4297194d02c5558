"""The five-year board as a page draws it: stacked bars, their table, and behind each figure the lines that make it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.money import ZERO
from funds import chart
from funds.models import Fund, FundYear
from funds.queries import YearPosition

# The levels from the ceiling down. Those below it sum to what was appropriated: the table has that beside the ceiling.
LEVELS: tuple[tuple[str, str | Promise, str], ...] = (
    ("ceiling", gettext_lazy("Ceiling"), chart.CEILING),
    ("free", gettext_lazy("Free"), chart.FREE),
    ("committed", gettext_lazy("Committed"), chart.COMMITTED),
    ("obligated", gettext_lazy("Obligated"), chart.OBLIGATED),
    ("in_process", gettext_lazy("In process"), chart.IN_PROCESS),
    ("disbursed", gettext_lazy("Disbursed"), chart.DISBURSED),
)
STACKED = (
    ("disbursed", "disbursed"),
    ("in_process", "info"),
    ("obligated", "obligated"),
    ("committed", "committed"),
    ("free", "free"),
)
WORDS = {name: words for name, words, _code in LEVELS}


@dataclass(frozen=True)
class Figure:
    amount: Decimal
    url: str


@dataclass(frozen=True)
class BoardRow:
    """A fund year, or (without one) all years together."""

    year: FundYear | None
    appropriated: Decimal
    figures: list[Figure]


def lines_url(fund: Fund, account: str, year: FundYear | None = None, day: dt.date | None = None) -> str:
    """The ledger lines that make up a figure."""
    asked = {"fund": fund.code, "account": account}
    if year is not None:
        asked["year"] = str(year.pk)
    if day is not None:
        asked["as_of"] = day.isoformat()
    return f"{reverse('funds:lines')}?{urlencode(asked)}"


def board_rows(fund: Fund, years: Sequence[YearPosition], day: dt.date | None, *, linked: bool) -> list[BoardRow]:
    """One row a year and a last one for all. Links only for those who may read lines."""
    rows = []
    for position in years:
        figures = [
            Figure(getattr(position, name), lines_url(fund, code, position.year, day) if linked else "")
            for name, _words, code in LEVELS
        ]
        rows.append(BoardRow(position.year, position.appropriated, figures))
    sums = [
        Figure(
            sum((getattr(position, name) for position in years), ZERO),
            lines_url(fund, code, None, day) if linked else "",
        )
        for name, _words, code in LEVELS
    ]
    rows.append(BoardRow(None, sum((position.appropriated for position in years), ZERO), sums))
    return rows


def board_chart(fund: Fund, years: Sequence[YearPosition]) -> dict[str, Any]:
    """What each year's appropriation has become, under its ceiling."""
    return {
        "kind": "stacked-bars",
        "unit": fund.currency,
        "categories": [position.year.label for position in years],
        "series": [
            {
                "name": str(WORDS[name]),
                "values": [str(getattr(position, name)) for position in years],
                "tone": tone,
            }
            for name, tone in STACKED
        ],
        "marks": [{"name": _("Ceiling"), "values": [str(p.ceiling) for p in years], "tone": "ceiling"}],
    }
