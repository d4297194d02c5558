"""The ranking, counted by hand."""

from decimal import Decimal

import pytest

from core.errors import WrongState
from grants.models import Proposal
from reviews.ranking import by_rank, criterion_means, ranked
from reviews.services.recommending import recommend
from tests.reviews.stories import AFTER, assign, make_eligible, make_officer, make_reviewer, submitted

pytestmark = pytest.mark.django_db


def three():
    """Means 4.25 (5, 3.5), 3.5 (3.5) and 3.5 (3, 4)."""
    a, b, c = (make_eligible(title=t, pi=f"{t} Example") for t in ("Alpha", "Beta", "Gamma"))
    submitted(a, make_reviewer("R One"), 5, 5)
    submitted(a, make_reviewer("R Two"), 4, 2)
    submitted(b, make_reviewer("R Three"), 4, 2)
    submitted(c, make_reviewer("R Four"), 3, 3)
    submitted(c, make_reviewer("R Five"), 4, 4)
    return a, b, c


def test_ranked_gives_mean_spread_and_shared_ranks():
    a, b, c = three()
    rows = [(p.title, p.rank, p.mean, float(p.spread), p.counted) for p in by_rank(ranked(make_officer()))]
    assert rows == [
        (a.title, 1, Decimal("4.25"), 0.75, 2),
        (b.title, 2, Decimal("3.5"), 0.0, 1),
        (c.title, 2, Decimal("3.5"), 0.5, 2),
    ]


def test_ranked_when_filtered_keeps_the_rank():
    _a, _b, c = three()
    assert ranked(make_officer()).filter(title="Gamma").get(pk=c.pk).rank == 2


def test_criterion_means_counts_what_was_handed_in():
    a, *_others = three()
    assert criterion_means([a.pk])[a.pk] == {"merit": Decimal("4.5"), "method": Decimal("3.5")}


def test_recommend_sets_the_others_not_recommended():
    a, b, c = three()
    recommend(a.call, [a], actor=make_officer(), at=AFTER)
    assert [Proposal.objects.get(pk=p.pk).status for p in (a, b, c)] == [
        "recommended",
        "not_recommended",
        "not_recommended",
    ]


def test_recommend_while_a_review_is_outstanding_then_refused():
    a, *_others = three()
    assign(a, make_reviewer("R Six"))
    with pytest.raises(WrongState):
        recommend(a.call, [a], actor=make_officer(), at=AFTER)
    assert not Proposal.objects.filter(status="recommended").exists()
