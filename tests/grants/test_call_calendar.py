"""A call's calendar file, read back by the library: the right instants, the same event for good, a higher sequence once moved."""

import datetime as dt
from typing import Any

import icalendar
import pytest
from django.test import Client

from grants.call_calendar import calendar_of
from grants.models import Call, Stage
from grants.services import calls
from notifications.deadlines import set_deadline
from notifications.models import Deadline
from tests.grants.stories import CLOSES, NOON, OPENS, SIGN_UNTIL, make_call, make_user, stage_of

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def published(**fields: Any) -> Call:
    """With the deadlines that publishing sets."""
    call = make_call(**fields)
    for stage in call.stages.all():
        give_deadlines(stage)
    return call


def give_deadlines(stage: Stage) -> None:
    rest: dict[str, Any] = {"subject": stage, "title": "", "zone": "UTC", "path": "", "at": stage.call.published_at}
    set_deadline(kind="proposal.submission", due_at=stage.closes_at, **rest)
    set_deadline(kind="proposal.signoff", due_at=stage.last_sign_off(), **rest)


def events(call: Call, at: dt.datetime = NOON) -> list[Any]:
    raw = calendar_of(Call.objects.get(pk=call.pk), list(Stage.objects.filter(call=call)), at)
    return list(icalendar.Calendar.from_ical(raw).walk("VEVENT"))


def facts(event: Any) -> tuple[str, dt.datetime, int, str]:
    return str(event["SUMMARY"]), event["DTSTART"].dt, int(event["SEQUENCE"]), str(event["STATUS"])


def test_calendar_has_the_closing_and_the_last_signature_as_instants():
    call = published(zone="Europe/Paris")
    closing, signing = events(call)
    assert facts(closing) == ("AI-26: Closes", CLOSES, 1, "CONFIRMED")
    assert facts(signing) == ("AI-26: Research offices sign until", SIGN_UNTIL, 1, "CONFIRMED")
    assert "18:00 (Europe/Paris, UTC+02:00)" in str(closing["DESCRIPTION"])
    assert str(closing["URL"]).endswith("/calls/AI-26/")
    assert closing["DTSTAMP"].dt == call.published_at
    assert [alarm["TRIGGER"].dt for alarm in closing.walk("VALARM")] == [-DAY]


def test_calendar_after_an_extension_is_the_same_event_with_a_higher_sequence_and_a_later_stamp():
    call = published()
    before = events(call)
    officer = make_user("Oda Officer", "programme_officer")
    calls.extend_deadline(stage_of(call), CLOSES + 3 * DAY, reason="The site was down.", actor=officer, at=NOON)
    after = events(call)
    assert [event["UID"] for event in after] == [event["UID"] for event in before]
    assert [facts(event) for event in after] == [
        ("AI-26: Closes", CLOSES + 3 * DAY, 2, "CONFIRMED"),
        ("AI-26: Research offices sign until", SIGN_UNTIL + 3 * DAY, 2, "CONFIRMED"),
    ]
    assert {event["DTSTAMP"].dt for event in after} == {NOON}


def test_calendar_of_a_cancelled_call_takes_its_events_back():
    call = published()
    calls.cancel_call(call, reason="No money.", actor=None, at=NOON)
    assert [facts(event)[1:] for event in events(call)] == [
        (CLOSES, 2, "CANCELLED"),
        (SIGN_UNTIL, 2, "CANCELLED"),
    ]
    assert [list(event.walk("VALARM")) for event in events(call)] == [[], []]


def test_calendar_of_a_paused_call_says_that_its_dates_may_move():
    call = published()
    Call.objects.filter(pk=call.pk).update(paused_at=NOON)
    assert {facts(event)[3] for event in events(call)} == {"TENTATIVE"}
    assert "paused" in str(events(call)[0]["DESCRIPTION"])


def test_calendar_of_cut_offs_and_of_two_stages_has_an_event_for_each_closing():
    cut_offs = published(shape="cut_offs", sign_off_until=None)
    Stage.objects.create(call=cut_offs, number=2, opens_at=OPENS, closes_at=CLOSES + 60 * DAY)
    assert [facts(event)[:2] for event in events(cut_offs)] == [
        ("AI-26: Cut-off 1 of 2", CLOSES),
        ("AI-26: Cut-off 2 of 2", CLOSES + 60 * DAY),
    ]
    two = published(code="TWO-26", shape="two_stage", sign_off_until=None)
    Stage.objects.filter(call=two).update(kind="eoi")
    Stage.objects.create(call=two, number=2, opens_at=CLOSES + 20 * DAY, closes_at=CLOSES + 60 * DAY)
    assert [str(event["SUMMARY"]) for event in events(two)] == [
        "TWO-26: Expressions of interest close",
        "TWO-26: Full proposals close",
    ]
    assert len({event["UID"] for event in [*events(cut_offs), *events(two)]}) == 4


def test_calendar_file_is_folded_and_no_text_becomes_a_line_of_its_own():
    title = "Models; with, commas \\ and ünïcödé " * 5 + "\r\nATTACH:http://bad.example"
    call = published(title=title[:200].replace("\r\n", " "))
    Call.objects.filter(pk=call.pk).update(title=title[:199] + "\n")
    answer = Client().get("/calls/AI-26/calendar.ics")
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="AI-26.ics"'
    lines = answer.content.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    assert b"\n" not in answer.content.replace(b"\r\n", b"")
    assert [line for line in lines if line.startswith(b"ATTACH")] == []
    read = icalendar.Calendar.from_ical(answer.content)
    assert (str(read["VERSION"]), str(read["METHOD"])) == ("2.0", "PUBLISH")


def test_calendar_is_the_same_to_everybody_and_of_a_draft_it_is_not_there(django_assert_num_queries):
    call = published()
    officer = Client()
    officer.force_login(make_user("Oda Officer", "programme_officer"))
    paths = ["/calls/AI-26/calendar.ics"]
    assert [Client().get(path).content for path in paths] == [officer.get(path).content for path in paths]
    with django_assert_num_queries(7):  # call, stages, rules, the clock, deadlines, steps, pauses
        Client().get(paths[0])
    Deadline.objects.all().delete()
    Call.objects.filter(pk=call.pk).update(status="draft", published_at=None)
    assert [Client().get(paths[0]).status_code, officer.get(paths[0]).status_code] == [404, 200]
