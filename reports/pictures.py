"""Money as one bar: what the fund's total has become."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from core.money import ZERO
from funds.models import Fund
from funds.queries import YearPosition


@dataclass(frozen=True)
class Slice:
    """A part of a bar: `start` and `percent` of its length; `tone` is a level of money."""

    name: str | Promise
    amount: Decimal
    start: Decimal
    percent: Decimal
    tone: str

    @property
    def x(self) -> str:
        """For SVG, whose numbers have no locale."""
        return f"{self.start:.3f}"

    @property
    def width(self) -> str:
        return f"{self.percent:.3f}"


def main_fund() -> Fund | None:
    """The newest fund: the one that pages show that have room for one."""
    return Fund.objects.order_by("-created_at", "-pk").first()


def cut(parts: Iterable[tuple[str | Promise, Decimal, str]]) -> list[Slice]:
    """Parts of their sum, side by side."""
    rows = list(parts)
    whole = sum((amount for _name, amount, _tone in rows), ZERO)
    found, start = [], ZERO
    for name, amount, tone in rows:
        percent = amount * 100 / whole if whole else ZERO
        found.append(Slice(name, amount, start, percent, tone))
        start += percent
    return found


def slices(years: Sequence[YearPosition]) -> list[Slice]:
    """The fund's total: paid out, promised to awards, free to award, and not yet made available."""

    def of(*names: str) -> Decimal:
        return sum((getattr(year, name) for year in years for name in names), ZERO)

    return cut(
        (
            (gettext_lazy("Paid out"), of("disbursed"), "disbursed"),
            (gettext_lazy("Promised to awards"), of("committed", "obligated", "in_process"), "obligated"),
            (gettext_lazy("Free to award"), of("free"), "free"),
            (gettext_lazy("Not yet made available"), of("unappropriated"), "later"),
        )
    )
