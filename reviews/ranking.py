"""The ranking of a call: mean, spread and place, read in one statement from the reviews that count."""

from decimal import Decimal
from typing import Any

from django.db.models import (
    Avg,
    Case,
    Count,
    Exists,
    Expression,
    F,
    IntegerField,
    OuterRef,
    QuerySet,
    StdDev,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

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
ASKED = (*Review.OUTSTANDING, *COUNTING)


class CountOf(Subquery):
    """How many rows a subquery has."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def _of_reviews(what: Expression, path: str = "pk", states: tuple[str, ...] = COUNTING) -> Subquery:
    """An aggregate over a proposal's reviews in `states`; `path` leads from the row to the proposal."""
    rows = Review.objects.filter(proposal=OuterRef(path), status__in=states).order_by().values("proposal")
    return Subquery(rows.annotate(value=what).values("value"))


def mean_of(path: str = "pk") -> Subquery:
    """A proposal's mean score, or NULL where none counts yet."""
    return _of_reviews(Avg("score"), path)


def ranked(user: User, call: Call | None = None) -> QuerySet[Proposal]:
    """Proposals that are or were under review, each with `mean`, `spread` (population standard deviation), `counted` and
    `asked` reviews, and its `rank` within its call (1 + how many have a higher mean; equal means share a rank).

    Starts from what `user` may learn of, and ranks among those alone: a gap would tell a conflicted reader where a
    hidden proposal stands. A rank does not change when the list is searched or filtered.
    """
    open_to = Proposal.objects.visible_to(user).reviewable_by(user).full().filter(status__in=IN_RANKING)
    rows = open_to if call is None else open_to.filter(call=call)
    others = Review.objects.filter(
        proposal__call=OuterRef("call"), status__in=COUNTING, proposal__in=open_to.order_by().values("pk")
    )
    better = others.order_by().values("proposal").annotate(other=Avg("score")).filter(other__gt=OuterRef("mean"))
    return rows.annotate(
        mean=mean_of(),
        spread=_of_reviews(StdDev("score")),
        counted=Coalesce(_of_reviews(Count("pk")), Value(0)),
        asked=Coalesce(_of_reviews(Count("pk"), states=ASKED), Value(0)),
    ).annotate(rank=Case(When(mean__isnull=False, then=CountOf(better.values("proposal")) + Value(1))))


def judged(user: User, call: Call) -> QuerySet[Proposal]:
    """Those of the ranking that have at least one review that counts."""
    counting = Review.objects.filter(proposal=OuterRef("pk"), status__in=COUNTING)
    return ranked(user, call).filter(Exists(counting))


def by_rank(rows: QuerySet[Proposal]) -> QuerySet[Proposal]:
    """Best first; those without a mean last."""
    return rows.order_by(F("mean").desc(nulls_last=True), "number")


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
