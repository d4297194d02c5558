"""The ranking of a call: mean, spread and place, from one statement over the reviews that count."""

from decimal import Decimal
from typing import Any

from django.db.models import Avg, Count, F, Max, Min, OuterRef, Q, QuerySet, StdDev, Subquery, Window
from django.db.models.functions import Rank

from accounts.models import User
from grants.models import Call, Proposal
from reviews.models import Review, Score

IN_RANKING = (
    Proposal.Status.UNDER_REVIEW,
    Proposal.Status.RECOMMENDED,
    Proposal.Status.NOT_RECOMMENDED,
    Proposal.Status.RESERVE_LIST,
    Proposal.Status.AWARDED,
    Proposal.Status.DECLINED,
)
COUNTING = (Review.Status.SUBMITTED, Review.Status.FINAL)


def ranked(user: User, call: Call | None = None) -> QuerySet[Proposal]:
    """Proposals that were reviewed, each with `mean`, `spread` (population standard deviation), `least`, `most`,
    `counted`, `asked` and, where a call is given, its `rank` in it (ties share one).

    Starts from what `user` may learn of: the place of a proposal is counted among those alone, since a gap would tell a
    conflicted reader where a hidden one stands.
    """
    counts = Q(reviews__status__in=COUNTING)
    asked = ~Q(reviews__status__in=[Review.Status.RECUSED, Review.Status.WITHDRAWN, Review.Status.DECLINED])
    rows = Proposal.objects.visible_to(user).reviewable_by(user).filter(status__in=IN_RANKING)
    if call is not None:
        rows = rows.filter(call=call)
    return rows.annotate(
        mean=Avg("reviews__score", filter=counts),
        spread=StdDev("reviews__score", filter=counts),
        least=Min("reviews__score", filter=counts),
        most=Max("reviews__score", filter=counts),
        counted=Count("reviews", filter=counts),
        asked=Count("reviews", filter=asked),
    ).annotate(rank=Window(Rank(), partition_by=[F("call_id")], order_by=F("mean").desc(nulls_last=True)))


def criterion_means(proposals: list[Any]) -> dict[Any, dict[str, Decimal]]:
    """Per proposal, the mean of each criterion's scores that count: one statement for any number of proposals."""
    rows = (
        Score.objects.filter(review__proposal__in=proposals, review__status__in=COUNTING, value__isnull=False)
        .order_by()
        .values_list("review__proposal", "criterion__key")
        .annotate(mean=Avg("value"))
    )
    means: dict[Any, dict[str, Decimal]] = {}
    for proposal, key, mean in rows:
        means.setdefault(proposal, {})[key] = Decimal(mean)
    return means


def mean_of(path: str = "pk") -> Subquery:
    """A proposal's mean as a value of another row: `path` leads from that row to the proposal."""
    rows = Review.objects.filter(proposal=OuterRef(path), status__in=COUNTING).order_by().values("proposal")
    return Subquery(rows.annotate(mean=Avg("score")).values("mean"))
