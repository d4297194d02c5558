"""From the ranking to offered awards: all of a slate or none of it."""

from decimal import Decimal

import pytest

from awards.models import Award, Slate, SlateLine
from awards.services import slates
from core.errors import InvalidInput, StaleWrite, WrongState
from funds.queries import faults, positions
from grants.models import Proposal
from reviews.services import conflicts
from tests.awards.stories import DECIDED, adopt, fill, make_offered, make_recommended, make_slate
from tests.reviews.stories import make_officer

pytestmark = pytest.mark.django_db


def test_create_slate_funds_what_is_recommended_over_the_years_of_its_work():
    proposal = make_recommended()
    line = make_slate(proposal).lines.get()
    by_year = [(part.fund_year.number, part.amount) for part in line.years.order_by("fund_year__number")]
    assert (line.decision, line.amount, sum(amount for _n, amount in by_year)) == (
        "fund",
        proposal.requested,
        proposal.requested,
    )
    assert [number for number, _amount in by_year] == [2]  # 2027 and 2028; the fund's last year takes what lies beyond


def test_propose_when_a_year_has_too_little_then_refused_with_the_figures():
    slate = make_slate(make_recommended())
    with pytest.raises(InvalidInput) as refused:
        slates.propose(slate, actor=make_officer(), at=DECIDED)
    assert refused.value.message.startswith("2027 has 0.00 USD free; the slate takes ")
    assert Slate.objects.get().status == "draft"


def test_set_line_from_an_older_state_then_refused():
    proposal = make_recommended()
    slate = make_slate(proposal)
    how = {"decision": "decline", "by_year": {}, "actor": make_officer(), "at": DECIDED}
    slates.set_line(slate, proposal, version=1, **how)
    with pytest.raises(StaleWrite):
        slates.set_line(slate, proposal, version=1, **how)


def test_set_line_above_the_ceiling_of_an_award_then_refused():
    proposal = make_recommended()
    slate = make_slate(proposal)
    year = slate.fund.years.first()
    with pytest.raises(InvalidInput):
        slates.set_line(
            slate,
            proposal,
            decision="fund",
            by_year={year: Decimal(500_001)},
            version=1,
            actor=make_officer(),
            at=DECIDED,
        )
    assert SlateLine.objects.get().amount == proposal.requested


def test_adopted_slate_commits_the_money_and_offers_the_awards():
    award = make_offered()
    board = {p.year.number: p.committed for p in positions(award.fund)}
    proposal = Proposal.objects.get(pk=award.proposal_id)
    assert (award.status, proposal.status, board, faults(award.fund)) == (
        "offered",
        "awarded",
        {1: Decimal(0), 2: award.amount},
        [],
    )


def test_slate_that_the_ledger_refuses_when_adopted_leaves_nothing_done():
    first, second = make_recommended(), make_recommended("Second", "Bea Second")
    fund = first.call.programme.fund
    fill(fund, 200_000)  # enough for either, not for both
    officer = make_officer()
    one = make_slate(first, second)
    for proposal in (first, second):
        slates.set_line(
            one,
            proposal,
            decision="fund",
            by_year={fund.years.get(number=2): Decimal(100_000)},
            version=1,
            actor=officer,
            at=DECIDED,
        )
    resolution = slates.propose(one, actor=officer, at=DECIDED)
    spend = make_recommended("Third", "Cay Third")
    other = make_slate(spend)
    for line in other.lines.exclude(proposal=spend):
        line.delete()
    slates.set_line(
        other,
        spend,
        decision="fund",
        by_year={fund.years.get(number=2): Decimal(150_000)},
        version=1,
        actor=officer,
        at=DECIDED,
    )
    adopt(slates.propose(other, actor=officer, at=DECIDED))
    stuck = adopt(resolution)
    assert (stuck.status, bool(stuck.problem)) == ("voting", True)
    assert [award.proposal.title for award in Award.objects.all()] == ["Third"]
    assert (Slate.objects.get(pk=one.pk).status, faults(fund)) == ("proposed", [])


def test_line_of_a_proposal_that_the_officer_is_sealed_off_from_is_not_shown():
    first, second = make_recommended(), make_recommended("Second", "Bea Second")
    slate = make_slate(first, second)
    officer = make_officer("Cleo Conflicted")
    conflicts.declare(first, officer, kind="family", text="", actor=officer, at=DECIDED)
    assert [line.proposal.title for line in SlateLine.objects.visible_to(officer).filter(slate=slate)] == ["Second"]


def test_change_a_proposed_slate_then_refused():
    proposal = make_recommended()
    fill(proposal.call.programme.fund)
    slate = make_slate(proposal)
    slates.propose(slate, actor=make_officer(), at=DECIDED)
    with pytest.raises(WrongState):
        slates.set_line(slate, proposal, decision="decline", by_year={}, version=1, actor=make_officer(), at=DECIDED)
