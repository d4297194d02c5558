"""An outage is written down once; every deadline that it touched moves in one act, everywhere the same (row D9)."""

import datetime as dt
import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from accounts.models import User
from audit.models import AuditEvent
from core.clock import server_now
from core.errors import InvalidInput, StaleWrite, WrongState
from grants.models import Call, DeadlineChange, LateAccess, Outage, Stage
from grants.services import calls, dues, outages
from grants.services.clock import open_and_close
from grants.services.outages import Span, effect_of, record_outage
from notifications import delivery, reminders
from notifications.models import Deadline, Notice
from notifications.words import moment
from tests.grants.stories import (
    CLOSES,
    MICRO,
    NOON,
    SIGN_UNTIL,
    make_call,
    make_draft,
    make_handed_in,
    make_researcher,
    make_user,
    stage_of,
)
from tests.grants.stories_dates import DAY, due, make_cut_offs, make_officer, make_two_stages, told

pytestmark = pytest.mark.django_db
HOUR, MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)
DOWN = Span(CLOSES - 30 * MINUTE, CLOSES + 10 * MINUTE, 24 * HOUR)
AFTER = DOWN.ends_at + HOUR


@pytest.fixture
def officer() -> User:
    return make_officer()


def record(span: Span = DOWN, *, at: dt.datetime = AFTER, reason: str = "The power failed.", **how: Any) -> Outage:
    return record_outage(span, reason=reason, actor=make_officer(), at=at, **how)


# --- which, and where to --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("closes", "moves_to"),
    [
        (DOWN.starts_at - MICRO, None),  # over before it began
        (DOWN.starts_at, DOWN.ends_at + 24 * HOUR),
        (CLOSES, DOWN.ends_at + 24 * HOUR),
        (DOWN.ends_at, DOWN.ends_at + 24 * HOUR),
        (DOWN.ends_at + 24 * HOUR - MINUTE, DOWN.ends_at + 24 * HOUR + 39 * MINUTE),  # the 40 minutes come back
        (DOWN.ends_at + 24 * HOUR, None),  # a day to hand in was left
    ],
)
def test_deadline_within_an_outage_or_the_grace_after_it_moves(closes, moves_to):
    make_call(closes_at=closes, sign_off_until=None)
    found = [(one.kind, one.before, one.after) for one in effect_of(DOWN, AFTER).moves]
    assert found == ([] if moves_to is None else [("closes", closes, moves_to)])


def test_without_grace_exactly_the_lost_time_comes_back():
    make_call(sign_off_until=None)
    (moved,) = effect_of(Span(DOWN.starts_at, DOWN.ends_at, dt.timedelta()), DOWN.ends_at).moves
    assert moved.after == CLOSES + 40 * MINUTE


def test_odd_seconds_are_rounded_up_to_the_minute():
    make_call(sign_off_until=None)
    span = Span(CLOSES - MINUTE, CLOSES + dt.timedelta(seconds=61), dt.timedelta())
    (moved,) = effect_of(span, CLOSES + 2 * MINUTE).moves
    assert moved.after == CLOSES + 3 * MINUTE


def test_effect_names_every_deadline_of_calls_that_take_something_and_changes_nothing(django_assert_num_queries):
    plain, signing = (
        make_call("A-26"),
        make_call("B-26", status="closed", closes_at=CLOSES - DAY, sign_off_until=CLOSES),
    )
    late = make_call("C-26", status="closed", closes_at=CLOSES - 2 * DAY, sign_off_until=None)
    row = LateAccess.objects.create(
        stage=stage_of(late), person=make_researcher(), until=CLOSES, reason="Ill", granted_at=NOON
    )
    make_call("D-26", status="in_review")
    make_cut_offs("E-26")
    with django_assert_num_queries(3):
        effect = effect_of(DOWN, AFTER)
    found = [(one.stage.call.code, one.stage.number, one.kind, one.late) for one in effect.moves]
    assert found == [
        ("A-26", 1, "closes", None),
        ("B-26", 1, "signs", None),
        ("E-26", 1, "closes", None),
        ("C-26", 1, "late", row),
    ]
    assert (stage_of(plain).closes_at, stage_of(signing).sign_off_until) == (CLOSES, CLOSES)


# --- recording --------------------------------------------------------------------------------------------------------
def test_record_outage_moves_all_in_one_act_and_tells_each_call_once(officer):
    one, two = make_call("A-26"), make_two_stages("B-26")
    drafts = [make_draft(one), make_draft(two, pi=make_researcher("Bea Example"))]
    row = LateAccess.objects.create(
        stage=stage_of(one), person=make_user("Lea Late"), until=CLOSES + HOUR, reason="Ill", granted_at=NOON
    )
    outage = record()
    new = DOWN.ends_at + 24 * HOUR
    changes = DeadlineChange.objects.order_by("stage__call__code").values_list("stage__call__code", "after", "outage")
    assert list(changes) == [("A-26", new, outage.pk), ("B-26", new, outage.pk)]
    row.refresh_from_db()
    assert (row.until, due("proposal.late", row)) == (new, new)
    people = [draft.pi.name for draft in drafts if draft.pi]
    assert set(people) <= told("call.extended")
    assert Notice.objects.filter(kind="call.extended", recipient=drafts[0].pi).count() == 1
    assert told("call.late") == {"Lea Late"}
    event = AuditEvent.objects.get(verb="outage.recorded")
    assert (event.after["moved"], event.after["grace"]) == (3, "1 day, 0:00:00")


def test_record_outage_opens_a_call_that_had_closed_meanwhile(officer):
    call = make_call()
    dues.set_dues(stage_of(call), NOON)
    open_and_close(at=DOWN.ends_at)
    call.refresh_from_db()
    assert call.status == "closed"
    record()
    call.refresh_from_db()
    stage = stage_of(call)
    assert call.status == "open"
    assert [due(kind, stage) for kind in ("proposal.submission", "proposal.signoff")] == [
        DOWN.ends_at + 24 * HOUR,
        SIGN_UNTIL,
    ]


def test_offices_alone_get_longer_where_only_signing_was_touched(officer):
    call = make_call(closes_at=CLOSES - DAY, sign_off_until=CLOSES)
    make_handed_in(call)
    record()
    assert (stage_of(call).closes_at, stage_of(call).sign_off_until) == (CLOSES - DAY, DOWN.ends_at + 24 * HOUR)
    assert told("call.signing") == {"Olga Office", "Oda Officer"}
    assert DeadlineChange.objects.count() == 0


def test_offices_that_pick_in_a_competition_get_longer_too(officer):
    call = make_call(closes_at=CLOSES + 60 * DAY, internal_limit=2, internal_until=CLOSES)
    record()
    call.refresh_from_db()
    new = DOWN.ends_at + 24 * HOUR
    assert (call.internal_until, stage_of(call).closes_at) == (new, CLOSES + 60 * DAY)
    assert (due("call.internal", call), told("call.picking")) == (new, {"Oda Officer"})


def test_signing_never_ends_before_the_moved_deadline(officer):
    call = make_call(sign_off_until=DOWN.ends_at + 24 * HOUR + MINUTE)
    record(Span(DOWN.starts_at, DOWN.ends_at, 24 * HOUR))
    stage = stage_of(call)
    assert stage.sign_off_until is not None
    assert stage.sign_off_until >= stage.closes_at


def test_same_outage_twice_moves_once(officer):
    call = make_call()
    first, second = record(), record()
    assert (first.pk, Outage.objects.count(), DeadlineChange.objects.count()) == (second.pk, 1, 1)
    record(reason="Written down again, in other words.")
    assert (DeadlineChange.objects.count(), stage_of(call).closes_at) == (1, DOWN.ends_at + 24 * HOUR)


def test_what_is_confirmed_is_what_was_shown(officer):
    call = make_call()
    shown = effect_of(DOWN, AFTER).mark
    calls.extend_deadline(stage_of(call), CLOSES + 9 * DAY, reason="More.", actor=officer, at=NOON)
    with pytest.raises(StaleWrite):
        record(shown=shown)
    assert (Outage.objects.count(), stage_of(call).closes_at) == (0, CLOSES + 9 * DAY)
    record(shown=effect_of(DOWN, AFTER).mark)
    assert Outage.objects.count() == 1


def test_new_instant_that_has_passed_as_well_is_named_and_not_moved(officer):
    call = make_call(sign_off_until=None)
    effect = effect_of(DOWN, DOWN.ends_at + 2 * DAY)
    assert (effect.moves, [one.stage.call.code for one in effect.over]) == ([], ["AI-26"])
    record(at=DOWN.ends_at + 2 * DAY)
    assert (stage_of(call).closes_at, Outage.objects.count()) == (CLOSES, 1)


def test_failure_in_the_middle_leaves_nothing_behind(officer, monkeypatch):
    make_call("A-26")
    make_call("B-26")
    real, done = outages.move_deadline, []

    def fail_at_the_second(*args: Any) -> Any:
        done.append(args)
        if len(done) == 2:
            raise WrongState("Something broke.")
        return real(*args)

    monkeypatch.setattr(outages, "move_deadline", fail_at_the_second)
    with pytest.raises(WrongState):
        record()
    closings = set(Stage.objects.values_list("closes_at", flat=True))
    assert (closings, Outage.objects.count(), DeadlineChange.objects.count()) == ({CLOSES}, 0, 0)
    assert not Notice.objects.filter(kind="call.extended").exists()


@pytest.mark.parametrize(
    ("span", "field"),
    [
        (Span(CLOSES, CLOSES, HOUR), "ends_at"),
        (Span(CLOSES, CLOSES - HOUR, HOUR), "ends_at"),
        (Span(CLOSES, AFTER + MICRO, HOUR), "ends_at"),
        (Span(CLOSES - 31 * DAY, CLOSES, HOUR), "starts_at"),
        (Span(CLOSES - HOUR, CLOSES, -HOUR), "grace"),
        (Span(CLOSES - HOUR, CLOSES, 15 * DAY), "grace"),
    ],
)
def test_impossible_outage_is_refused_at_its_field(span: Span, field: str, officer):
    with pytest.raises(InvalidInput) as refused:
        record(span)
    assert (refused.value.field, Outage.objects.count()) == (field, 0)


def test_outage_without_a_reason_is_refused(officer):
    with pytest.raises(InvalidInput):
        record(reason=" ")


# --- D9: the drill ------------------------------------------------------------------------------------------------
def client_of(user: User | None = None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def instants_in(html: bytes) -> set[str]:
    return set(re.findall(r'(?:datetime|data-deadline|data-until)="([^"]+)"', html.decode()))


def test_drill_after_forty_minutes_every_page_mail_file_and_answer_shows_the_same_instant(officer, settings):
    """The site was down from 20 minutes before the deadline to 20 minutes after it. An officer writes that down by the
    page; from that moment the old instant is told nowhere as the deadline, and the new one everywhere."""
    now = server_now().replace(second=0, microsecond=0)
    old = now - 20 * MINUTE
    call = make_call(opens_at=now - 20 * DAY, closes_at=old, sign_off_until=None, zone="Asia/Kathmandu")
    draft = make_draft(call, at=now - DAY)
    waiting = make_handed_in(call, pi=make_researcher("Hana Handedin"), at=now - DAY)
    dues.set_dues(stage_of(call), now - DAY)
    open_and_close(at=server_now())  # the worker was up again before anybody wrote it down

    desk = client_of(officer)
    wall = {"zone": "UTC", "grace": "24", "reason": "A cable was cut."}
    sent = wall | {"starts_at": f"{old - 20 * MINUTE:%Y-%m-%dT%H:%M}", "ends_at": f"{now:%Y-%m-%dT%H:%M}"}
    looked = desk.post("/outages/new/", sent | {"act": "look"})
    new = now + 24 * HOUR
    assert [one.after for one in looked.context["effect"].moves] == [new]
    assert (Outage.objects.count(), stage_of(call).closes_at) == (0, old)
    done = desk.post("/outages/new/", sent | {"act": "confirm", "shown": looked.context["effect"].mark})
    assert done["Location"] == f"/outages/{Outage.objects.get().pk}/"

    researcher, office = draft.pi, User.objects.get(name="Olga Office")
    pages = [
        (None, f"/calls/{call.code}/"),
        (None, "/calls/"),
        (researcher, f"/calls/{call.code}/"),
        (researcher, f"/proposals/{draft.number}/"),
        (researcher, f"/proposals/{draft.number}/edit/"),
        (researcher, f"/proposals/{draft.number}/hand-in/"),
        (researcher, "/home/"),
        (office, f"/sign-offs/{waiting.number}/"),
        (office, "/sign-offs/"),
        (officer, f"/calls/{call.code}/"),
        (officer, f"/calls/{call.code}/dates/"),
        (officer, "/calls/all/"),
        (officer, reverse("notifications:deadlines")),
    ]
    for reader, path in pages:
        answer = client_of(reader).get(path, follow=True)
        assert answer.status_code == 200, path
        assert new.isoformat() in instants_in(answer.content), path
    for reader, path in pages[:10]:
        if path != f"/calls/{call.code}/":  # whose history tells what it was before
            assert old.isoformat() not in instants_in(client_of(reader).get(path, follow=True).content), path

    api = Client().get(f"/api/v1/calls/{call.code}/").json()["stages"][0]
    assert api["closes_at"] == api["sign_off_until"] == new.isoformat().replace("+00:00", "Z")
    events = Calendar.from_ical(Client().get(f"/calls/{call.code}/calendar.ics").content).walk("VEVENT")
    starts = {event["DTSTART"].dt for event in events}
    assert (new in starts, old in starts) == (True, False)
    feed = {row.due_at for row in Deadline.objects.open()}
    assert feed == {new}

    at = new - 3 * HOUR
    reminders.plan_reminders(at)
    while delivery.deliver_due(at):
        pass
    told_when = moment(new, "Asia/Kathmandu")
    mails = {
        (one.to[0], one.subject): one.body
        for one in mail.outbox
        if "New deadline" in one.subject or "Due in" in one.subject
    }
    assert {address for address, _subject in mails} >= {draft.pi.email, office.email}
    assert {subject for _address, subject in mails} >= {
        "New deadline for AI-26: Open models for science",
        "Due in 3 hours: Open models for science: hand in your proposal",
        "Due in 3 hours: Open models for science: sign off your university's proposals",
    }
    assert [subject for (_address, subject), body in mails.items() if told_when not in body] == []


def test_only_officers_and_administrators_write_outages_down():
    codes = {}
    for role in ("programme_officer", "administrator", "auditor", "finance_officer", ""):
        client = client_of(make_user("Some Body " + role, *filter(None, [role])))
        codes[role] = [client.get(path).status_code for path in ("/outages/", "/outages/new/")]
        codes[role].append(client.post("/api/v1/outages/effect/", {}, content_type="application/json").status_code)
    assert codes == {
        "programme_officer": [200, 200, 400],
        "administrator": [200, 200, 400],
        "auditor": [200, 403, 403],
        "finance_officer": [200, 403, 403],
        "": [403, 403, 403],
    }


def test_outage_by_the_api_looks_first_and_then_moves(officer):
    now = server_now().replace(microsecond=0)
    call: Call = make_call(opens_at=now - DAY, closes_at=now - 5 * MINUTE, sign_off_until=None)
    desk = client_of(officer)
    span = {"starts_at": (now - HOUR).isoformat(), "ends_at": (now - MINUTE).isoformat(), "grace_hours": 2}
    effect = desk.post("/api/v1/outages/effect/", span, content_type="application/json").json()
    assert [(one["call"], one["kind"], one["stage"]) for one in effect["moves"]] == [("AI-26", "closes", 1)]
    stale = desk.post(
        "/api/v1/outages/", span | {"reason": "Down.", "shown": "0" * 32}, content_type="application/json"
    )
    assert (stale.status_code, Outage.objects.count()) == (409, 0)
    made = desk.post(
        "/api/v1/outages/", span | {"reason": "Down.", "shown": effect["mark"]}, content_type="application/json"
    )
    assert (made.status_code, made.json()["moved"]) == (201, 1)
    after = dt.datetime.fromisoformat(effect["moves"][0]["after"])
    assert stage_of(call).closes_at == after


def test_refusal_while_confirming_keeps_what_was_typed(officer):
    desk = client_of(officer)
    sent = {"zone": "Europe/Berlin", "starts_at": "2026-03-29T02:30", "ends_at": "2026-03-29T04:30", "grace": "24"}
    answer = desk.post("/outages/new/", sent | {"reason": "Night work.", "act": "look"})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["starts_at"])
    assert b"Night work." in answer.content
