"""Two entries of one university become one: nothing of its proposals, places and extra time is left behind."""

import datetime as dt

import pytest

from core.errors import WrongState
from grants.models import InternalEntry, LateAccess, Proposal
from grants.services.late import give_extra_time
from tests.grants.stories import CLOSES, NOON, make_draft, make_researcher, make_university, make_user
from tests.grants.stories_competition import make_entry, make_limited_call, make_picked
from universities.models import University
from universities.services.directory import merge

pytestmark = pytest.mark.django_db
WINS = dt.timedelta(days=2)


def twin_university() -> University:
    return make_university("Twin University", rate=None)


def merged() -> None:
    admin = make_user("Adam Admin", "administrator")
    merge(twin_university(), make_university(), actor=admin, at=NOON)


def test_merge_then_proposals_and_extra_time_belong_to_the_university_that_stays():
    proposal = make_draft(pi=make_researcher("Tina Twin", twin_university()))
    assert proposal.university == twin_university()
    for place, days in ((make_university(), 1), (twin_university(), 2)):
        until = CLOSES + dt.timedelta(days=days)
        officer = make_user("Otto Officer", "programme_officer")
        give_extra_time(proposal.stage, until=until, reason="A strike.", university=place, actor=officer, at=NOON)
    merged()
    assert Proposal.objects.get().university == make_university()
    assert list(LateAccess.objects.filter(ended_at=None).values_list("university__name", "until")) == [
        (make_university().name, CLOSES + WINS)
    ]


def test_merge_of_two_competitions_then_places_are_numbered_anew():
    call, twin = make_limited_call(2), twin_university()
    first, second = make_picked(call), make_picked(call, "Tina Twin", university=twin)
    assert (first.slot, second.slot) == (1, 1)
    merged()
    held = InternalEntry.objects.filter(university=make_university()).order_by("slot")
    assert list(held.values_list("pk", "slot")) == [(first.pk, 1), (second.pk, 2)]


def test_merge_of_more_places_than_the_call_gives_is_refused_whole():
    call = make_limited_call(1)
    make_picked(call)
    make_picked(call, "Tina Twin", university=twin_university())
    with pytest.raises(WrongState, match="take a pick back first"):
        merged()
    assert InternalEntry.objects.filter(university=twin_university()).count() == 1


def test_merge_of_two_entries_of_one_person_then_the_picked_one_stays():
    call, twin = make_limited_call(2), twin_university()
    waiting = make_entry(call)
    picked = make_picked(call, "Ada Example", university=twin)
    merged()
    found = InternalEntry.objects.filter(university=make_university()).order_by("entered_at", "pk")
    assert sorted(found.values_list("pk", "status")) == sorted([(waiting.pk, "withdrawn"), (picked.pk, "picked")])
