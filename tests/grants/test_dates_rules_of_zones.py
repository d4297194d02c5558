"""A country changes the rules of its clocks: dates that were meant by those clocks are counted anew (row D2).

A change of rules is told to the service by what it goes by: the time on the wall that was kept when the date was set.
"""

import datetime as dt

import pytest

from audit.models import AuditEvent
from grants import tasks
from grants.models import Call, DeadlineChange, Stage
from grants.services import calls, dues
from grants.services.zone_rules import follow_zone_rules
from notifications.models import Notice
from tests.grants.stories import CLOSES, NOON, OPENS, make_call, make_draft, stage_of
from tests.grants.stories_dates import DAY, due, make_cut_offs, make_officer, told

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def as_if_set_by_older_rules(stage: Stage, by: dt.timedelta, *names: str) -> None:
    """As though the clocks there, when the date was set, would have shown `by` more than they do by today's rules."""
    walls = dict(stage.walls)
    for name in names or Stage.DATES:
        if name in walls:
            walls[name] = (dt.datetime.fromisoformat(walls[name]) + by).isoformat()
    Stage.objects.filter(pk=stage.pk).update(walls=walls)


def dates(call: Call) -> list[tuple[dt.datetime, ...]]:
    return list(call.stages.values_list("opens_at", "closes_at", "sign_off_until"))


def test_walls_are_kept_with_every_date_that_is_set():
    call = make_call(zone="Europe/Berlin")
    assert stage_of(call).walls == {
        "opens_at": "2026-03-01T10:00:00",
        "closes_at": "2026-04-01T18:00:00",
        "sign_off_until": "2026-04-03T18:00:00",
    }
    calls.extend_deadline(stage_of(call), CLOSES + DAY, reason="More.", actor=make_officer(), at=NOON)
    assert stage_of(call).walls["closes_at"] == "2026-04-02T18:00:00"


def test_nothing_changed_then_nothing_happens_however_often():
    make_call(zone="Europe/Berlin")
    make_cut_offs(zone="America/New_York")
    assert [follow_zone_rules(at=NOON), follow_zone_rules(at=NOON)] == [0, 0]
    tasks.follow_zone_rules()
    assert not AuditEvent.objects.filter(verb="call.zone_rules_followed").exists()


def test_deadline_that_the_new_rules_make_later_moves_and_everybody_is_told():
    call = make_call(zone="Europe/Berlin", created_by=make_officer())
    draft = make_draft(call)
    dues.set_dues(stage_of(call), NOON)
    as_if_set_by_older_rules(stage_of(call), HOUR)
    assert (follow_zone_rules(at=NOON), follow_zone_rules(at=NOON)) == (1, 0)
    assert dates(call) == [(OPENS, CLOSES + HOUR, CLOSES + 2 * DAY + HOUR)]  # its opening is past
    assert due("proposal.submission", stage_of(call)) == CLOSES + HOUR
    change = DeadlineChange.objects.get()
    assert (change.actor, change.reason) == (
        None,
        "The rules of the clocks in Europe/Berlin were changed; the deadline stays what these clocks show.",
    )
    assert draft.pi is not None
    assert draft.pi.name in told("call.extended")


def test_deadline_that_the_new_rules_would_make_earlier_stays_and_its_people_hear_of_it():
    call = make_call(zone="Europe/Berlin", created_by=make_officer())
    make_draft(call)
    as_if_set_by_older_rules(stage_of(call), -HOUR)
    assert (follow_zone_rules(at=NOON), follow_zone_rules(at=NOON)) == (1, 0)
    assert dates(call) == [(OPENS, CLOSES, CLOSES + 2 * DAY)]
    assert DeadlineChange.objects.count() == 0
    assert (
        Notice.objects.filter(kind="call.zone_rules").values_list("recipient__name", flat=True).get() == "Oda Officer"
    )


def test_draft_follows_the_clock_both_ways_and_tells_nobody():
    for by in (HOUR, -HOUR):
        call = make_call(f"NEW-{'later' if by > dt.timedelta() else 'sooner'}", status="draft", published_at=None)
        as_if_set_by_older_rules(stage_of(call), by)
        assert follow_zone_rules(at=OPENS - DAY) == 1
        assert dates(call) == [(OPENS + by, CLOSES + by, CLOSES + 2 * DAY + by)]
    assert Notice.objects.count() == 0


def test_cut_offs_stay_one_after_the_other():
    call = make_cut_offs(zone="Europe/Berlin")
    before = dates(call)
    for stage in call.stages.all():
        as_if_set_by_older_rules(stage, HOUR)
    assert follow_zone_rules(at=NOON) == 1
    after = dates(call)
    assert [row[1] for row in after] == [row[1] + HOUR for row in before]
    assert [row[0] for row in after[1:]] == [row[1] for row in after[:-1]]
    assert Notice.objects.filter(kind="call.extended", recipient__name="Oda Officer").count() <= 1


def test_what_is_past_or_in_review_is_left_alone():
    past, review = make_call("PAST-26", status="closed"), make_call("REV-26", status="in_review")
    for call in (past, review):
        as_if_set_by_older_rules(stage_of(call), HOUR)
    assert follow_zone_rules(at=CLOSES + 9 * DAY) == 0
    assert dates(past) == dates(review) == [(OPENS, CLOSES, CLOSES + 2 * DAY)]


def test_row_from_before_walls_were_kept_gets_them():
    call = make_call(zone="Europe/Berlin")
    Stage.objects.filter(call=call).update(walls={})
    assert follow_zone_rules(at=NOON) == 0
    assert stage_of(call).walls["closes_at"] == "2026-04-01T18:00:00"
