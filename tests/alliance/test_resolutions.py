"""How the board decides: two people at least, once, whole or not at all, and out of sight of who recused themselves."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from alliance.errors import NoVote, VotesStillOut, VotingClosed
from alliance.models import BoardSeat, Resolution, Vote
from alliance.queries import tally_of
from alliance.services import board, resolutions
from audit.models import AuditEvent
from bench.racing import at_once
from core.errors import InvalidInput, NotAllowed, WrongState
from funds.errors import NotEnoughMoney
from funds.models import Entry
from funds.queries import positions
from notifications.models import Deadline, Notice
from tests.alliance.stories import AFTER, LATER, NOON, make_user, make_world, proposed, put_to_vote, vote

pytestmark = pytest.mark.django_db
F, A, R = Vote.Choice.FOR, Vote.Choice.AGAINST, Vote.Choice.RECUSED


def free(world, year=0):
    return positions(world.fund)[year].free


# --- deciding ---------------------------------------------------------------------------------------------------------
def test_resolution_when_all_have_voted_and_most_are_for_then_it_is_adopted_and_posted_at_once():
    world = make_world()
    one, two, three = world.voters
    done = vote(put_to_vote(world), (one, F), (two, A), (three, F))
    assert (done.status, free(world), done.entry.source, done.decided_by) == ("adopted", 400, done.number, three)
    assert list(done.steps.values_list("state", flat=True)) == ["draft", "voting", "adopted"]
    assert Deadline.objects.get(kind="resolution.vote").ended_at == NOON
    assert resolutions.decide(done, actor=one, at=AFTER).decided_at == NOON
    assert Entry.objects.filter(event="appropriation").count() == 1


@pytest.mark.parametrize(
    ("choices", "status", "reason"),
    [
        ((A, A, F), "rejected", "Not carried: 1 for, 2 against."),
        ((F, A, "abstain"), "rejected", "Not carried: 1 for, 1 against."),
        ((F, F, "abstain"), "adopted", ""),
        ((F, F, R), "adopted", ""),
        (
            (F, "abstain", "abstain"),
            "rejected",
            "It needs two people who decide, and one for it who did not propose it.",
        ),
        ((F, R, R), "rejected", "Too few votes: 1 given, 2 needed."),
        ((R, R, R), "rejected", "Too few votes: 0 given, 2 needed."),
    ],
)
def test_resolution_when_all_have_answered_then_it_is_counted_so(choices, status, reason):
    world = make_world()
    done = vote(put_to_vote(world), *zip(world.voters, choices, strict=True))
    assert (done.status, done.reason, free(world)) == (status, reason, 400 if status == "adopted" else 0)


@pytest.mark.parametrize(("votes", "status"), [(2, "rejected"), (3, "adopted")])
def test_resolution_when_voting_closes_then_a_quorum_is_asked_for(votes, status):
    world = make_world(votes=5)
    open_ = put_to_vote(world)
    vote(open_, *[(person, F) for person in world.voters[:votes]])
    assert resolutions.decide_due(at=LATER - dt.timedelta(microseconds=1)) == []
    assert [(found.pk, found.status) for found in resolutions.decide_due(at=LATER)] == [(open_.pk, status)]
    assert resolutions.decide_due(at=AFTER) == []


def test_decide_when_votes_still_out_could_change_it_then_refused():
    world = make_world(votes=5)
    open_ = put_to_vote(world)
    vote(open_, (world.voters[0], F), (world.voters[1], F))
    with pytest.raises(VotesStillOut):
        resolutions.decide(open_, actor=world.chair, at=NOON)
    vote(open_, (world.voters[2], F))
    assert resolutions.decide(open_, actor=world.chair, at=NOON).status == "adopted"


# --- nobody alone -----------------------------------------------------------------------------------------------------
def test_proposer_with_a_seat_when_the_others_do_not_decide_then_can_not_adopt_alone():
    world = make_world(votes=2)
    one, two = world.voters
    assert vote(put_to_vote(world, by=one), (two, "abstain"), (one, F)).status == "rejected"
    assert vote(put_to_vote(world, by=one), (two, R), (one, F)).status == "rejected"
    assert vote(put_to_vote(world, by=one), (two, F), (one, F)).status == "adopted"


def test_database_when_a_resolution_is_adopted_without_two_who_decided_then_refused():
    world = make_world(votes=2)
    open_ = vote(put_to_vote(world, by=world.chair), (world.chair, F))
    with pytest.raises(IntegrityError, match="adopted by two people"), transaction.atomic():
        Resolution.objects.filter(pk=open_.pk).update(status="adopted", decided_at=NOON)


def test_database_when_what_is_voted_on_is_changed_then_refused():
    world = make_world()
    open_ = put_to_vote(world)
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        Resolution.objects.filter(pk=open_.pk).update(payload={"fund_year": "x", "amount": "900"})
    done = vote(open_, *[(person, A) for person in world.voters])
    with pytest.raises(IntegrityError, match="decided resolution stays"), transaction.atomic():
        Resolution.objects.filter(pk=done.pk).update(status="withdrawn")


def test_board_with_one_vote_when_voting_is_opened_then_refused():
    world = make_world(votes=1)
    with pytest.raises(WrongState, match="fewer than two votes"):
        put_to_vote(world)


# --- money ------------------------------------------------------------------------------------------------------------
def test_appropriation_when_above_what_the_ceiling_leaves_then_not_proposed():
    with pytest.raises(InvalidInput, match=r"only 1,000\.00 USD is left"):
        proposed(make_world(), 1001)


def test_appropriation_when_the_ceiling_is_used_meanwhile_then_not_adopted_and_nothing_half_done():
    world = make_world()
    first, second = put_to_vote(world, 600, title="First"), put_to_vote(world, 600, title="Second")
    vote(first, *[(person, F) for person in world.voters])
    stuck = vote(second, *[(person, F) for person in world.voters])
    assert (stuck.status, stuck.decided_at, stuck.entry, free(world)) == ("voting", None, None, 600)
    assert stuck.problem == (
        "600.00 USD can't be appropriated: the ceiling of 2026 leaves only 400.00 USD. Nothing was posted."
    )
    assert (stuck.votes.count(), Entry.objects.filter(event="appropriation").count()) == (3, 1)
    assert {n.recipient for n in Notice.objects.filter(kind="resolution_stuck")} == {world.officer}
    with pytest.raises(NotEnoughMoney):
        resolutions.decide(stuck, actor=world.chair, at=AFTER)
    assert resolutions.decide_due(at=AFTER) == []
    assert (
        resolutions.withdraw_resolution(stuck, reason="Too much", actor=world.officer, at=AFTER).status == "withdrawn"
    )


def test_beat_when_one_resolution_is_stuck_then_the_next_is_decided_still():
    world = make_world()
    whole, late, small = put_to_vote(world, 900), put_to_vote(world, 900), put_to_vote(world, 50)
    for resolution in (late, small):
        vote(resolution, *[(person, F) for person in world.voters[:2]])
    vote(whole, *[(person, F) for person in world.voters])
    resolutions.decide_due(at=LATER)
    assert [Resolution.objects.get(pk=r.pk).status for r in (whole, late, small)] == ["adopted", "voting", "adopted"]
    assert free(world) == 950


# --- voting -----------------------------------------------------------------------------------------------------------
def test_vote_when_no_seat_or_no_vote_or_a_seat_given_later_then_refused():
    world = make_world()
    adviser, newcomer = make_user("Ann Adviser"), make_user("Nils Newcomer")
    board.add_board_seat(world.fund, adviser, voting=False, actor=None, at=NOON)
    open_ = put_to_vote(world)
    soon = NOON + dt.timedelta(hours=1)
    board.add_board_seat(world.fund, newcomer, actor=None, at=soon)
    for person in (world.officer, adviser, newcomer):
        with pytest.raises(NoVote):
            resolutions.cast_vote(open_, F, actor=person, at=soon)
    assert not Vote.objects.exists()


def test_vote_when_changed_then_the_last_counts_and_each_is_recorded():
    world = make_world()
    open_ = put_to_vote(world)
    vote(open_, (world.chair, F), (world.chair, A))
    assert tally_of(open_, NOON).against == 1
    events = AuditEvent.objects.filter(subject_id=str(open_.pk), verb__startswith="resolution.vote").order_by("pk")
    assert [(e.verb, e.before, e.after) for e in events] == [
        ("resolution.voted", {"choice": None}, {"choice": "for"}),
        ("resolution.vote_changed", {"choice": "for"}, {"choice": "against"}),
    ]


@pytest.mark.parametrize("moment", [LATER, AFTER])
def test_vote_when_voting_has_closed_then_refused(moment):
    world = make_world()
    with pytest.raises(VotingClosed):
        vote(put_to_vote(world), (world.chair, F), at=moment)


def test_recusal_when_given_then_it_stays_in_service_and_database():
    world = make_world()
    open_ = put_to_vote(world)
    vote(open_, (world.chair, R))
    with pytest.raises(WrongState, match="recused yourself"):
        resolutions.cast_vote(open_, F, actor=world.chair, at=NOON)
    with pytest.raises(IntegrityError, match="this vote stays"), transaction.atomic():
        Vote.objects.update(choice="for")


def test_seat_when_it_ends_before_the_count_then_its_vote_no_longer_counts():
    world = make_world()
    open_ = put_to_vote(world)
    vote(open_, (world.chair, F))
    board.end_board_seat(BoardSeat.objects.get(user=world.chair), actor=None, at=NOON + dt.timedelta(hours=1))
    tally = tally_of(open_, AFTER)
    assert (len(tally.seats), tally.for_) == (2, 0)


def test_seat_when_a_second_chair_or_for_oneself_then_refused():
    world = make_world()
    with pytest.raises(WrongState, match="is the chair"):
        board.add_board_seat(world.fund, make_user("Bo Second"), chair=True, actor=None, at=NOON)
    with pytest.raises(NotAllowed):
        board.add_board_seat(world.fund, world.officer, actor=world.officer, at=NOON)
    with pytest.raises(IntegrityError, match="board_seat_one_chair"), transaction.atomic():
        BoardSeat.objects.update(chair=True)


@pytest.mark.django_db(transaction=True)
def test_last_votes_when_eight_come_at_once_then_it_is_decided_once():
    world = make_world(votes=8)
    open_ = put_to_vote(world)
    voters = iter(world.voters)
    hands = [next(voters) for _ in range(8)]

    def cast() -> None:
        resolutions.cast_vote(open_, F, actor=hands.pop(), at=NOON)

    assert at_once(cast, times=8) == ["ok"] * 8
    done = Resolution.objects.get(pk=open_.pk)
    assert (done.status, done.votes.count(), free(world)) == ("adopted", 8, Decimal(400))
    assert list(done.steps.values_list("state", flat=True)) == ["draft", "voting", "adopted"]
