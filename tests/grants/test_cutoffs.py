"""A call that is always open: what is not in by a cut-off goes on to the next, and nothing is ever lost."""

import datetime as dt
from typing import Any

import pytest

from audit.models import AuditEvent
from core.errors import InvalidInput, StaleWrite, WrongState
from grants.models import DeadlineChange, LateAccess, Proposal
from grants.services import calls, outages, proposals, submission
from grants.services.clock import open_and_close
from grants.services.late import give_extra_time
from grants.services.outages import Span
from notifications.models import Notice
from tests.grants.stories import (
    CLOSES,
    MICRO,
    NOON,
    SIGN_UNTIL,
    make_call,
    make_draft,
    make_handed_in,
    make_proposal,
    make_researcher,
    make_signer,
    make_submitted,
    stage_of,
)
from tests.grants.stories_dates import (
    DAY,
    SECOND_CUT_OFF,
    THIRD_CUT_OFF,
    due,
    make_cut_offs,
    make_officer,
    told,
)

pytestmark = pytest.mark.django_db


def stage_number(proposal: Proposal) -> int:
    return Proposal.objects.values_list("stage__number", flat=True).get(pk=proposal.pk)


# --- rolling over -----------------------------------------------------------------------------------------------------
def test_draft_goes_on_to_the_next_cut_off_at_the_instant_and_its_team_is_told():
    proposal = make_proposal(make_cut_offs())
    open_and_close(at=CLOSES - MICRO)
    assert stage_number(proposal) == 1
    open_and_close(at=CLOSES)
    open_and_close(at=CLOSES)
    assert (stage_number(proposal), told("proposal.moved_on")) == (2, {"Ada Example"})
    body = Notice.objects.get(kind="proposal.moved_on").body
    assert body == (
        "A cut-off of the call “Open models for science” has passed (Wednesday 1 April 2026, 16:00 (UTC)), and “Open "
        "models of soil” was not in by then. Nothing is lost: it now counts for the next cut-off, Sunday 31 May 2026, "
        "16:00 (UTC). You need not do anything but finish it."
    )
    event = AuditEvent.objects.get(verb="proposal.moved_on")
    assert (event.before["stage"], event.after["stage"], event.actor) == (1, 2, None)


def test_everything_written_is_there_after_a_cut_off_and_is_handed_in_for_the_next():
    proposal = make_proposal(make_cut_offs())
    before = submission.frozen_content(proposal)
    open_and_close(at=CLOSES)
    after = Proposal.objects.get(pk=proposal.pk)
    content = submission.frozen_content(after)
    assert content == {**before, "call": {**before["call"], "stage": 2}}
    handed_in = submission.hand_in(after, version=after.version, actor=after.pi, at=SECOND_CUT_OFF - MICRO)
    given = submission.sign_off(handed_in, actor=make_signer(), at=SECOND_CUT_OFF)
    assert given.content["call"]["stage"] == 2


def test_hand_in_from_a_page_opened_before_the_cut_off_asks_to_look_again():
    """Whoever reads "for the cut-off of 1 April" does not hand in for another without having seen it."""
    proposal = make_proposal(make_cut_offs())
    read = proposal.version
    open_and_close(at=CLOSES)
    with pytest.raises(StaleWrite):
        submission.hand_in(proposal, version=read, actor=proposal.pi, at=CLOSES)


def test_handed_in_waits_for_its_signature_up_to_the_last_instant_then_goes_on():
    proposal = make_handed_in(make_cut_offs())
    open_and_close(at=CLOSES)
    assert stage_number(proposal) == 1
    open_and_close(at=SIGN_UNTIL - MICRO)
    assert stage_number(proposal) == 1
    open_and_close(at=SIGN_UNTIL)
    proposal.refresh_from_db()
    assert (stage_number(proposal), proposal.status) == (2, "awaiting_sign_off")
    submission.sign_off(proposal, actor=make_signer(), at=SIGN_UNTIL)
    assert stage_number(proposal) == 2


def test_what_was_signed_or_withdrawn_stays_at_its_cut_off():
    call = make_cut_offs()
    submitted, gone = make_submitted(call), make_draft(call, pi=make_researcher("Wim Withdrawn"))
    submission.withdraw(gone, reason="No time.", actor=gone.pi, at=NOON)
    open_and_close(at=SIGN_UNTIL)
    assert (stage_number(submitted), stage_number(gone)) == (1, 1)


def test_draft_with_extra_time_stays_until_that_is_over():
    call = make_cut_offs()
    mine, other = make_draft(call), make_draft(call, pi=make_researcher("Bob Example"))
    until = CLOSES + 5 * DAY
    LateAccess.objects.create(stage=stage_of(call), person=mine.pi, until=until, reason="Ill", granted_at=NOON)
    open_and_close(at=CLOSES)
    assert (stage_number(mine), stage_number(other)) == (1, 2)
    open_and_close(at=until - MICRO)
    assert stage_number(mine) == 1
    open_and_close(at=until)
    assert stage_number(mine) == 2


def test_drafts_of_the_last_cut_off_stay_and_the_call_closes():
    call = make_cut_offs()
    draft = make_draft(call)
    for at in (CLOSES, SECOND_CUT_OFF, THIRD_CUT_OFF):
        open_and_close(at=at)
    call.refresh_from_db()
    assert (stage_number(draft), call.status) == (3, "closed")


def test_long_sleep_over_two_cut_offs_moves_on_once_to_the_one_to_come():
    draft = make_draft(make_cut_offs())
    open_and_close(at=SECOND_CUT_OFF + DAY)
    assert stage_number(draft) == 3
    assert Notice.objects.filter(kind="proposal.moved_on").count() == 1


def test_plain_call_rolls_nothing_over():
    draft = make_draft(make_call())
    open_and_close(at=CLOSES + DAY)
    assert (stage_number(draft), AuditEvent.objects.filter(verb="proposal.moved_on").exists()) == (1, False)


@pytest.mark.parametrize("many", [1, 3])
def test_rolling_over_asks_for_extra_time_and_teams_once_for_all(many: int, django_assert_max_num_queries: Any):
    call = make_cut_offs()
    for n in range(many):
        make_draft(call, pi=make_researcher(f"Person Number {n}"))
    with django_assert_max_num_queries(26 + 9 * many):  # each row is written, recorded and told by itself
        open_and_close(at=CLOSES)


# --- further cut-offs -------------------------------------------------------------------------------------------------
def test_add_cut_off_to_a_running_call_opens_where_the_last_closes_and_is_told():
    call, officer = make_cut_offs(), make_officer()
    draft = make_draft(call)
    stage = calls.add_cut_off(call, closes_at=THIRD_CUT_OFF + 60 * DAY, actor=officer, at=NOON)
    assert (stage.number, stage.opens_at, stage.kind, stage.zone) == (4, THIRD_CUT_OFF, "full", "UTC")
    assert stage.form_id == stage_of(call).form_id
    assert due("proposal.submission", stage) == stage.closes_at
    assert draft.pi is not None
    assert draft.pi.name in told("call.cutoff")


def test_add_cut_off_to_a_closed_call_opens_it_again_and_takes_what_was_left():
    call = make_cut_offs()
    draft = make_draft(call)
    open_and_close(at=THIRD_CUT_OFF)
    at = THIRD_CUT_OFF + DAY
    calls.add_cut_off(call, closes_at=at + 60 * DAY, actor=make_officer(), at=at)
    open_and_close(at=at)
    call.refresh_from_db()
    assert (call.status, stage_number(draft)) == ("open", 4)


@pytest.mark.parametrize("closes_at", [THIRD_CUT_OFF, THIRD_CUT_OFF - DAY])
def test_add_cut_off_before_the_last_is_refused(closes_at: dt.datetime):
    with pytest.raises(InvalidInput):
        calls.add_cut_off(make_cut_offs(), closes_at=closes_at, actor=make_officer(), at=NOON)


def test_add_cut_off_to_a_call_of_another_shape_or_in_review_is_refused():
    for call in (make_call(), make_cut_offs(status="in_review")):
        with pytest.raises(WrongState):
            calls.add_cut_off(call, closes_at=THIRD_CUT_OFF + DAY, actor=make_officer(), at=NOON)


# --- coming back ------------------------------------------------------------------------------------------------------
def test_outage_at_a_cut_off_brings_back_what_had_moved_on():
    """The cut-off passed while the site was down; the drafts moved on when it was up again, then came back."""
    call = make_cut_offs()
    draft, other = make_draft(call), make_draft(call, pi=make_researcher("Nia Next"), at=NOON)
    down = Span(CLOSES - dt.timedelta(minutes=10), CLOSES + dt.timedelta(minutes=30), DAY)
    open_and_close(at=down.ends_at)
    comer, second = make_researcher("Late Comer"), call.stages.get(number=2)
    begun_after = proposals.start_proposal(second, title="New", pi=comer, actor=comer, at=down.ends_at)
    assert [stage_number(one) for one in (draft, other, begun_after)] == [2, 2, 2]
    outages.record_outage(
        down, reason="The power failed.", actor=make_officer(), at=down.ends_at + dt.timedelta(hours=1)
    )
    assert [stage_number(one) for one in (draft, other, begun_after)] == [1, 1, 2]
    assert DeadlineChange.objects.get().after == down.ends_at + DAY
    assert list(call.stages.values_list("opens_at", flat=True))[1] == down.ends_at + DAY
    subjects = set(Notice.objects.filter(kind="proposal.moved_on").values_list("subject", flat=True))
    assert subjects == {
        f"{word}: {one.number} Open models of soil"
        for one in (draft, other)
        for word in ("Now for the next cut-off", "Back at the earlier cut-off")
    }


def test_extra_time_for_a_cut_off_that_has_passed_brings_back_that_persons_draft_only():
    call = make_cut_offs()
    mine, other = make_draft(call), make_draft(call, pi=make_researcher("Bob Example"))
    open_and_close(at=CLOSES)
    give_extra_time(
        stage_of(call), person=mine.pi, until=CLOSES + 3 * DAY, reason="Ill", actor=make_officer(), at=CLOSES + DAY
    )
    assert (stage_number(mine), stage_number(other)) == (1, 2)
