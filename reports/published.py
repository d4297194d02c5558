"""What anybody may know: awards that the board decided on and no university declined, and the fund's plain figures.

Everything public starts from `published`; nothing here reads a draft, a score, or a proposal that was not funded.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Coalesce

from alliance.models import Member, Pledge
from awards.models import Award
from core.money import ZERO
from funds.models import Fund
from funds.queries import YearPosition, positions, still_stands
from reports.pictures import Slice, main_fund, slices

SMALLEST_CELL = 5  # fewer members than this of a kind are not told apart


def published() -> QuerySet[Award]:
    """An award exists once a resolution was adopted; one that the university declined is nobody's business."""
    return Award.objects.exclude(status=Award.Status.DECLINED)


LEAD = Coalesce("pi__name", "proposal__pi_name")


@dataclass(frozen=True)
class Glance:
    """A fund as its front page tells it."""

    fund: Fund
    years: list[YearPosition]
    bar: list[Slice]
    awards: int
    universities: int
    countries: int
    members: int

    @property
    def disbursed(self) -> Decimal:
        return sum((year.disbursed for year in self.years), ZERO)

    @property
    def awarded(self) -> Decimal:
        """Promised and paid."""
        return sum((year.reserved + year.disbursed for year in self.years), ZERO)


def glance(day: dt.date, fund: Fund | None = None) -> Glance | None:
    """Four queries; None where there is no fund yet."""
    fund = fund or main_fund()
    if fund is None:
        return None
    years = positions(fund)
    counted = (
        published()
        .filter(fund=fund)
        .aggregate(
            awards=Count("pk"),
            universities=Count("university", distinct=True),
            countries=Count("university__country", distinct=True),
        )
    )
    return Glance(fund, years, slices(years), **counted, members=Member.objects.current(day).count())


def latest_awards(most: int) -> list[Award]:
    rows = published().select_related("university", "fund", "pi", "proposal__call__programme")
    return list(rows.order_by("-offered_at", "-id")[:most])


# --- members ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Cell:
    """Members of one kind (or of several kinds together): how many, and what they pledged."""

    label: str
    count: int
    pledged: Decimal


def members_by_kind(fund: Fund, day: dt.date) -> list[Cell]:
    """Kinds with fewer than five members are told together, and with the next larger kind where they still are few.

    So that no member's pledge can be read, or reckoned from the others' and the whole.
    """
    counts = dict(Member.objects.current(day).order_by().values_list("kind").annotate(n=Count("pk")))
    pledges = Pledge.objects.filter(still_stands(), fund_year__fund=fund).order_by().values_list("member__kind")
    money = dict(pledges.annotate(total=Sum("amount")))
    words = dict(Member.Kind.choices)
    cells = [Cell(str(words[kind]), n, money.get(kind, ZERO)) for kind, n in counts.items()]
    return without_small_cells(cells)


def without_small_cells(cells: Iterable[Cell]) -> list[Cell]:
    """Largest first; the small ones as one cell at the end. Nothing at all where even all together are few."""
    ordered = sorted(cells, key=lambda cell: (-cell.count, cell.label))
    large = [cell for cell in ordered if cell.count >= SMALLEST_CELL]
    small = [cell for cell in ordered if cell.count < SMALLEST_CELL]
    if not small:
        return large
    while large and sum(cell.count for cell in small) < SMALLEST_CELL:
        small.insert(0, large.pop())
    if sum(cell.count for cell in small) < SMALLEST_CELL:
        return []
    return [*large, _together(small)]


def _together(cells: Sequence[Cell]) -> Cell:
    label = " / ".join(cell.label for cell in cells)
    return Cell(label, sum(cell.count for cell in cells), sum((cell.pledged for cell in cells), ZERO))
