"""A call is extended, paused, goes on, is called off: everybody concerned is told, and everything follows."""

import datetime as dt
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from audit.models import AuditEvent
from core.errors import DomainError, InvalidInput, WrongState
from grants import history, windows
from grants.errors import CallNotOpen
from grants.models import Call, CallEnquiry, CallPause, DeadlineChange, InternalEntry, LateAccess, Stage
from grants.services import call_letters, calls, dues, life, proposals, submission
from grants.services.clock import open_and_close
from notifications.models import Notice
from tests.grants.stories import (
    CLOSES,
    MICRO,
    NOON,
    OPENS,
    SIGN_UNTIL,
    make_call,
    make_draft,
    make_handed_in,
    make_proposal,
    make_researcher,
    make_signer,
    make_submitted,
    make_university,
    make_user,
    stage_of,
)
from tests.grants.stories_dates import (
    DAY,
    SECOND_CUT_OFF,
    THIRD_CUT_OFF,
    due,
    make_cut_offs,
    make_officer,
    make_two_stages,
    told,
)

pytestmark = pytest.mark.django_db
LATER, HOUR = CLOSES + 7 * DAY, dt.timedelta(hours=1)


@pytest.fixture
def officer() -> User:
    return make_officer()


def extend(stage: Stage, until: dt.datetime = LATER, *, at: dt.datetime = NOON, **how: Any) -> Stage:
    return calls.extend_deadline(stage, until, reason="A storm.", actor=make_officer(), at=at, **how)


def pause(call: Call, at: dt.datetime = NOON, reason: str = "The rules are looked at again.") -> Call:
    return calls.pause_call(call, reason=reason, actor=make_officer(), at=at)


def resume(call: Call, at: dt.datetime, move: str = "stay") -> Call:
    return calls.resume_call(call, move=move, actor=make_officer(), at=at)


def with_everybody(call: Call) -> None:
    """Somebody of each sort whom a change of the call concerns, and some whom it does not."""
    south = make_university("University of Southmoor")
    make_draft(call, pi=make_researcher("Dora Draft", south))
    make_handed_in(call, pi=make_researcher("Hana Handedin"))
    CallEnquiry.objects.create(call=call, asked_by=make_user("Asta Asker"), asked_at=NOON, text="May we?")
    east = make_university("University of Eastmoor")
    make_signer("Elsa Eastoffice", east)
    InternalEntry.objects.create(
        call=call, university=east, person=make_user("Ines Internal"), title="T", summary="S", entered_at=NOON
    )
    make_signer("Sara Southoffice", south)  # nothing of hers was handed in yet
    gone = make_draft(call, pi=make_researcher("Wim Withdrawn"))
    submission.withdraw(gone, reason="No time.", actor=gone.pi, at=NOON)
    make_user("Nora Nobody")


EVERYBODY = {
    "Dora Draft",
    "Hana Handedin",
    "Olga Office",
    "Asta Asker",
    "Elsa Eastoffice",
    "Ines Internal",
    "Oda Officer",
}


# --- more time --------------------------------------------------------------------------------------------------------
def test_extend_deadline_tells_everybody_concerned_once_with_both_instants_and_why(officer):
    call = make_call(zone="America/New_York", created_by=officer)
    with_everybody(call)
    extend(stage_of(call))
    assert told("call.extended") == EVERYBODY
    body = Notice.objects.filter(kind="call.extended").values_list("body", flat=True).distinct().get()
    assert body == (
        "The deadline of “Open models for science” has been extended.\n\n"
        "Now: Wednesday 8 April 2026, 12:00 (America/New York, UTC-04:00)\n"
        "Before: Wednesday 1 April 2026, 12:00 (America/New York, UTC-04:00)\n\n"
        "Why: A storm.\n\nWhat you have handed in already stays in."
    )


def test_concerned_is_one_query_however_many(django_assert_num_queries):
    call = make_call()
    with_everybody(call)
    with django_assert_num_queries(1):
        assert {one.name for one in call_letters.concerned(call)} == EVERYBODY - {"Oda Officer"}


def test_extend_deadline_of_the_first_of_two_stages_stops_before_the_second_closes(officer):
    call = make_two_stages()
    first, second = call.stages.order_by("number")
    with pytest.raises(InvalidInput) as refused:
        extend(first, second.closes_at)
    assert refused.value.field == "closes_at"
    extend(first, second.closes_at - MICRO)
    first.refresh_from_db()
    assert first.closes_at == second.closes_at - MICRO


def test_extend_a_cut_off_that_is_to_come_moves_the_opening_of_the_next(officer):
    call = make_cut_offs()
    extend(stage_of(call))
    rows = list(call.stages.values_list("number", "opens_at", "closes_at")[:2])
    assert rows == [(1, OPENS, LATER), (2, LATER, SECOND_CUT_OFF)]


def test_extend_a_cut_off_that_has_passed_is_refused_while_a_later_one_is_to_come(officer):
    call = make_cut_offs()
    with pytest.raises(WrongState):
        extend(stage_of(call), at=CLOSES)
    assert DeadlineChange.objects.count() == 0


def test_extend_deadline_failing_at_the_end_leaves_nothing_behind(officer, monkeypatch):
    call = make_call()
    make_draft(call)
    dues.set_dues(stage_of(call), NOON)
    before = Notice.objects.count()

    def fail(*_args: Any) -> None:
        raise WrongState("The mail's words are broken.")

    monkeypatch.setattr(life.letters, "extended", fail)
    with pytest.raises(WrongState), transaction.atomic():
        extend(stage_of(call))
    stage = stage_of(call)
    assert (stage.closes_at, due("proposal.submission", stage)) == (CLOSES, CLOSES)
    assert (Notice.objects.count(), DeadlineChange.objects.count()) == (before, 0)
    assert not AuditEvent.objects.filter(verb="call.deadline_extended").exists()


# --- pausing ----------------------------------------------------------------------------------------------------------
def test_pause_stops_starting_handing_in_signing_and_taking_back_but_not_writing(officer):
    call = make_call()
    proposal, waiting = make_proposal(call), make_handed_in(call, pi=make_researcher("Hana Handedin"))
    submitted = make_submitted(call, pi=make_researcher("Sami Submitted"))
    pause(call)
    pi, signer = proposal.pi, make_signer()
    acts = (
        lambda: submission.hand_in(proposal, version=proposal.version, actor=pi, at=NOON),
        lambda: submission.sign_off(waiting, actor=signer, at=NOON),
        lambda: submission.take_back(submitted, actor=submitted.pi, at=NOON),
        lambda: make_draft(call, pi=make_researcher("Newa Comer"), at=NOON),
    )
    for act in acts:
        with pytest.raises(DomainError) as refused:
            act()
        assert isinstance(refused.value, CallNotOpen)
    proposals.save_details(proposal, version=proposal.version, fields={"title": "Still writing"}, actor=pi, at=NOON)
    proposal.refresh_from_db()
    assert (proposal.title, proposal.status) == ("Still writing", "draft")


def test_hand_in_received_before_the_pause_is_in(officer):
    proposal = make_proposal(make_call())
    pause(proposal.call)
    submission.hand_in(proposal, version=proposal.version, actor=proposal.pi, at=NOON - MICRO)
    proposal.refresh_from_db()
    assert proposal.status == "awaiting_sign_off"


def test_pause_tells_everybody_concerned_and_ends_every_reminder(officer):
    call = make_call(created_by=officer)
    with_everybody(call)
    stage = stage_of(call)
    dues.set_dues(stage, NOON)
    pause(call)
    assert told("call.paused") == EVERYBODY
    assert [due(kind, stage) for kind in ("proposal.submission", "proposal.signoff")] == [None, None]
    body = Notice.objects.filter(kind="call.paused").values_list("body", flat=True).distinct().get()
    assert "Why: The rules are looked at again." in body


def test_pause_twice_is_one_pause_and_one_letter(officer):
    call = make_call(created_by=officer)
    pause(call)
    pause(call, NOON + DAY, reason="Again.")
    call.refresh_from_db()
    assert (CallPause.objects.count(), call.paused_at) == (1, NOON)
    assert Notice.objects.filter(kind="call.paused").count() == 1


def test_pause_without_a_reason_or_of_a_call_that_is_over_is_refused(officer):
    with pytest.raises(InvalidInput):
        pause(make_call(), reason=" ")
    with pytest.raises(WrongState):
        pause(make_call("OVER-26", status="in_review"))
    with pytest.raises(WrongState):
        pause(make_call("SHUT-26", status="closed"), at=SIGN_UNTIL)


def test_paused_call_neither_opens_nor_closes_nor_rolls_over(officer):
    late, coming, cut_offs = make_call(), make_call("SOON-26", status="published"), make_cut_offs()
    draft = make_draft(cut_offs)
    for call in (late, coming, cut_offs):
        pause(call, OPENS - DAY if call == coming else NOON)
    assert open_and_close(at=CLOSES + DAY) == (0, 0)
    draft.refresh_from_db()
    states = list(Call.objects.order_by("code").values_list("code", "status"))
    assert states == [("AI-26", "open"), ("OPEN-26", "open"), ("SOON-26", "published")]
    assert draft.stage.number == 1


# --- going on ---------------------------------------------------------------------------------------------------------
def test_resume_by_whole_days_keeps_the_hour_over_a_change_of_the_clocks(officer):
    """Closes on Friday 27 March, 17:00 in Berlin; the clocks go forward on Sunday; a pause of 2 days and an hour."""
    closes = dt.datetime(2026, 3, 27, 16, tzinfo=dt.UTC)
    call = make_call(zone="Europe/Berlin", closes_at=closes, sign_off_until=closes + DAY)
    pause(call)
    resume(call, NOON + 2 * DAY + HOUR, "days")
    stage = stage_of(call)
    assert stage.closes_at == dt.datetime(2026, 3, 30, 15, tzinfo=dt.UTC)
    assert stage.sign_off_until == dt.datetime(2026, 3, 31, 15, tzinfo=dt.UTC)
    assert due("proposal.submission", stage) == stage.closes_at


def test_resume_exactly_moves_by_the_pause_rounded_up_to_the_minute(officer):
    call = make_cut_offs()
    pause(call)
    resume(call, NOON + dt.timedelta(minutes=90, seconds=1), "exactly")
    by = dt.timedelta(minutes=91)
    rows = list(call.stages.values_list("opens_at", "closes_at", "sign_off_until")[:2])
    assert rows == [
        (OPENS, CLOSES + by, SIGN_UNTIL + by),
        (CLOSES + by, SECOND_CUT_OFF + by, SECOND_CUT_OFF + 2 * DAY + by),
    ]
    changes = DeadlineChange.objects.values_list("stage__number", "before", "after")
    assert changes.get(stage__number=3) == (3, THIRD_CUT_OFF, THIRD_CUT_OFF + by)
    assert changes.count() == 3
    assert told("call.resumed") == {"Oda Officer"}


def test_resume_moves_only_what_was_to_come_and_extra_time_too(officer):
    call = make_two_stages()
    first, second = call.stages.order_by("number")
    row = LateAccess.objects.create(
        stage=first, person=make_researcher(), until=CLOSES + 9 * DAY, reason="Ill", granted_at=NOON
    )
    pause(call, CLOSES + DAY)
    resume(call, CLOSES + 3 * DAY, "days")
    for one in (first, second, row):
        one.refresh_from_db()
    assert first.closes_at == CLOSES
    assert (second.opens_at, second.closes_at) == (CLOSES + 32 * DAY, CLOSES + 92 * DAY)
    assert row.until == CLOSES + 11 * DAY
    assert due("proposal.late", row) == row.until


def test_resume_without_moving_lets_the_clock_do_what_it_would_have_done(officer):
    call, cut_offs = make_call(created_by=officer), make_cut_offs()
    draft = make_draft(cut_offs)
    for one in (call, cut_offs):
        pause(one)
        resume(one, CLOSES + 3 * DAY)
    call.refresh_from_db()
    draft.refresh_from_db()
    assert (call.status, draft.stage.number) == ("closed", 2)
    body = Notice.objects.get(kind="call.resumed", subject_id=str(call.pk), recipient=officer).body
    assert body == "The call “Open models for science” goes on. Its deadline has passed: no more proposals are taken."


def test_resume_of_a_call_that_had_closed_opens_it_again_where_its_dates_move(officer):
    call = make_call(status="closed")
    pause(call, CLOSES + HOUR)
    call.refresh_from_db()
    assert call.status == "closed"
    resume(call, CLOSES + DAY, "days")
    stage = stage_of(call)
    assert (stage.closes_at, stage.sign_off_until) == (CLOSES, SIGN_UNTIL + DAY)
    assert AuditEvent.objects.filter(verb="call.signing_extended").count() == 1


def test_resume_twice_moves_once(officer):
    call = make_call()
    pause(call)
    resume(call, NOON + DAY, "days")
    resume(call, NOON + 5 * DAY, "days")
    assert stage_of(call).closes_at == CLOSES + DAY
    assert list(CallPause.objects.values_list("since", "until")) == [(NOON, NOON + DAY)]


def test_resume_as_shown_is_what_happens(officer):
    call = make_cut_offs(zone="America/New_York")
    pause(call)
    call.refresh_from_db()
    at = NOON + 30 * HOUR
    shown = [(one.closes_at, one.sign_off_until) for one in life.dates_after_pause(call, "days", at)]
    resume(call, at, "days")
    assert list(call.stages.values_list("closes_at", "sign_off_until")) == shown


def test_start_review_of_a_paused_call_or_during_extra_time_is_refused(officer):
    call = make_call(status="closed")
    row = LateAccess.objects.create(
        stage=stage_of(call), person=make_researcher(), until=SIGN_UNTIL + DAY, reason="Ill", granted_at=NOON
    )
    with pytest.raises(WrongState):
        calls.start_review(call, actor=officer, at=SIGN_UNTIL)
    assert calls.start_review(call, actor=officer, at=row.until).status == "in_review"
    other = make_call("TWO-26", status="closed")
    pause(other, CLOSES)
    with pytest.raises(WrongState):
        calls.start_review(other, actor=officer, at=SIGN_UNTIL)


# --- calling it off ---------------------------------------------------------------------------------------------------
def test_cancel_tells_everybody_concerned_and_ends_pause_and_reminders(officer):
    call = make_call(created_by=officer)
    with_everybody(call)
    row = LateAccess.objects.create(
        stage=stage_of(call), person=make_researcher(), until=LATER, reason="Ill", granted_at=NOON
    )
    dues.dues_of_call(call, NOON, on=True)
    assert due("proposal.late", row) == LATER
    pause(call)
    calls.cancel_call(call, reason="No money.", actor=officer, at=NOON + DAY)
    call.refresh_from_db()
    assert (call.status, call.paused_at, CallPause.objects.get().until) == ("cancelled", None, NOON + DAY)
    assert told("call.cancelled") == EVERYBODY
    assert [due("proposal.submission", stage_of(call)), due("proposal.late", row)] == [None, None]
    assert not windows.is_open_for(stage_of(call), person=None, university=None, at=NOON)


# --- history ----------------------------------------------------------------------------------------------------------
def test_dates_history_tells_everybody_what_happened_and_nobody_who_did_it(officer, django_assert_num_queries):
    call = make_call()
    pause(call)
    resume(call, NOON + DAY, "days")
    extend(stage_of(call), CLOSES + 9 * DAY, at=NOON + 2 * DAY)
    with django_assert_num_queries(2):
        told_all = history.dates_history(call)
    assert [(one.kind, one.at, one.reason) for one in told_all] == [
        ("moved", NOON + 2 * DAY, "A storm."),
        ("moved", NOON + DAY, "The call was paused. The rules are looked at again."),
        ("resumed", NOON + DAY, ""),
        ("paused", NOON, "The rules are looked at again."),
    ]
    assert (told_all[0].before, told_all[0].after) == (CLOSES + DAY, CLOSES + 9 * DAY)
    assert "Oda" not in repr([(one.words, one.reason) for one in told_all])
