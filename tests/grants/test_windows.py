"""The one place that answers questions about deadlines."""

import datetime as dt

import pytest

from grants import windows
from grants.models import LateAccess, Stage
from tests.grants.stories import (
    CLOSES,
    MICRO,
    NOON,
    OPENS,
    SIGN_UNTIL,
    make_call,
    make_draft,
    make_researcher,
    make_university,
    make_user,
    stage_of,
)

pytestmark = pytest.mark.django_db
DAY, LATER = dt.timedelta(days=1), CLOSES + dt.timedelta(days=5)


def opening(stage: Stage, at: dt.datetime) -> bool:
    return windows.is_open_for(stage, person=None, university=None, at=at)


def give(stage: Stage, until: dt.datetime = LATER, **whom: object) -> LateAccess:
    return LateAccess.objects.create(stage=stage, until=until, reason="Ill", granted_at=NOON, **whom)


def test_stage_is_open_from_its_opening_up_to_not_including_its_closing():
    stage = stage_of(make_call())
    times = (OPENS - MICRO, OPENS, CLOSES - MICRO, CLOSES)
    assert [opening(stage, at) for at in times] == [False, True, True, False]


@pytest.mark.parametrize("status", ["draft", "cancelled", "in_review", "decided", "archived"])
def test_stage_of_a_call_that_is_not_on_is_open_to_nobody_extra_time_or_not(status):
    ada = make_researcher()
    extra = {} if status not in {"draft", "cancelled"} else {"published_at": None}
    stage = stage_of(make_call(status=status, **extra))
    give(stage, person=ada)
    assert not windows.is_open_for(stage, person=ada, university=None, at=NOON)
    assert not windows.is_open_for(stage, person=ada, university=None, at=CLOSES)


def test_stage_of_a_paused_call_takes_what_came_before_the_pause_only():
    call = make_call(paused_at=NOON)
    assert (opening(stage_of(call), NOON - MICRO), opening(stage_of(call), NOON)) == (True, False)


def test_extra_time_of_a_person_counts_for_that_person_alone():
    ada, bob, north = make_researcher(), make_researcher("Bob Example"), make_university()
    stage = stage_of(make_call(status="closed"))
    give(stage, person=ada)
    closes = {who: windows.closes_for(stage, person=who, university=north, at=CLOSES) for who in (ada, bob, None)}
    assert closes == {ada: LATER, bob: CLOSES, None: CLOSES}
    open_to = [windows.is_open_for(stage, person=who, university=north, at=LATER - MICRO) for who in (ada, bob, None)]
    assert open_to == [True, False, False]
    assert not windows.is_open_for(stage, person=ada, university=north, at=LATER)


def test_extra_time_of_a_university_counts_for_its_people_alone():
    ada, north, south = make_researcher(), make_university(), make_university("University of Southmoor")
    stage = stage_of(make_call(status="closed"))
    give(stage, university=north)
    closes = {where: windows.closes_for(stage, person=ada, university=where, at=CLOSES) for where in (north, south)}
    assert closes == {north: LATER, south: CLOSES}


def test_extra_time_that_is_shorter_than_the_deadline_takes_nothing_away():
    ada = make_researcher()
    stage = stage_of(make_call())
    give(stage, until=NOON, person=ada)
    assert windows.closes_for(stage, person=ada, university=None, at=NOON) == CLOSES
    assert windows.last_sign_off_for(stage, person=ada, university=None, at=NOON) == SIGN_UNTIL


def test_extra_time_that_was_ended_counts_up_to_that_instant():
    ada = make_researcher()
    stage = stage_of(make_call(status="closed"))
    row, end = give(stage, person=ada), CLOSES + DAY
    row.ended_at = end
    row.save()
    open_to = [windows.is_open_for(stage, person=ada, university=None, at=at) for at in (end - MICRO, end)]
    assert open_to == [True, False]


def test_extra_time_of_another_stage_counts_nothing():
    ada = make_researcher()
    give(stage_of(make_call("OTHER-26")), person=ada)
    stage = stage_of(make_call(status="closed"))
    assert windows.closes_for(stage, person=ada, university=None, at=CLOSES) == CLOSES


def test_last_sign_off_is_never_before_the_applicants_own_deadline():
    ada = make_researcher()
    stage = stage_of(make_call(status="closed"))
    give(stage, person=ada)
    assert windows.last_sign_off_for(stage, person=ada, university=None, at=CLOSES) == LATER
    assert windows.last_sign_off_for(stage, person=None, university=None, at=CLOSES) == SIGN_UNTIL


def test_proposal_goes_by_its_leader_and_its_university_not_by_who_asks():
    proposal = make_draft()
    give(proposal.stage, person=make_user("Bob Example"))
    assert windows.closes_for_proposal(proposal, CLOSES) == CLOSES
    assert windows.extra_for_proposal(proposal, CLOSES) is None
    give(proposal.stage, university=proposal.university)
    assert windows.closes_for_proposal(proposal, CLOSES) == LATER
    assert windows.extra_for_proposal(proposal, CLOSES) == LATER
    assert windows.is_open_for_proposal(proposal, LATER - MICRO)
    assert not windows.is_open_for_proposal(proposal, LATER)


def test_open_stage_is_the_first_of_those_open_to_the_reader():
    ada, call = make_researcher(), make_call(shape="cut_offs")
    first = stage_of(call)
    second = Stage.objects.create(call=call, number=2, opens_at=CLOSES, closes_at=LATER + DAY)
    assert windows.open_stage(call, person=ada, at=OPENS - MICRO) is None
    assert [windows.open_stage(call, person=ada, at=at) for at in (NOON, CLOSES, LATER + DAY)] == [first, second, None]
    give(first, person=ada)
    assert windows.open_stage(call, person=ada, at=CLOSES) == first
    assert windows.open_stage(call, person=make_user("Bob Example"), at=CLOSES) == second


def test_questions_take_one_query_each(django_assert_num_queries):
    proposal = make_draft()
    give(proposal.stage, university=proposal.university)
    with django_assert_num_queries(1):
        assert windows.closes_for_proposal(proposal, NOON) == LATER
    with django_assert_num_queries(0):  # nobody in particular: no extra time can count
        assert opening(proposal.stage, NOON)
