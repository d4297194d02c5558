"""Reads of awards that are too big for a queryset."""

from django.db.models import Case, F, Prefetch, Value, When

from accounts.models import User
from awards.models import Slate, SlateLine, SlateLineYear
from reviews.conflicts import stands_apart

FUNDED_FIRST = Case(
    When(decision=SlateLine.Decision.FUND, then=Value(0)),
    When(decision=SlateLine.Decision.RESERVE, then=Value(1)),
    default=Value(2),
)


def lines_of(slate: Slate, user: User) -> list[SlateLine]:
    """The slate's lines that `user` may see, what is funded first, by rank.

    Ranks were kept as they stood in the call. To a reader with a conflict they are counted anew among the lines shown: a
    gap would tell where the hidden proposal stands.
    """
    rows = SlateLine.objects.visible_to(user).filter(slate=slate).select_related("proposal__university")
    years = Prefetch("years", SlateLineYear.objects.select_related("fund_year").order_by("fund_year__number"))
    lines = list(
        rows.prefetch_related(years).order_by(FUNDED_FIRST, F("rank").asc(nulls_last=True), "proposal__number")
    )
    if stands_apart(user, slate.call):
        kept = [line.rank for line in lines if line.rank is not None]
        for line in lines:
            line.rank = None if line.rank is None else 1 + sum(other < line.rank for other in kept)
    return lines
