"""Dates that change in the very moment in which somebody hands in: one of the two comes first, and both end well."""

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from core.errors import DomainError, StaleWrite
from grants.errors import TooLate
from grants.models import Call, DeadlineChange, LateAccess, Proposal, Stage
from grants.services import answers, calls, submission
from grants.services.clock import open_and_close
from grants.services.late import end_extra_time, give_extra_time
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
    stage_of,
)
from tests.grants.stories_dates import DAY, make_cut_offs, make_officer

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 6


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """All begin together, each on a connection of its own: what it gave, or the refusal. Anything else is a fault."""
    answers_, start = [None] * len(acts), threading.Barrier(len(acts))

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            start.wait()
            answers_[place] = act()
        except Exception as error:  # noqa: BLE001  (looked at below)
            answers_[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    faults = [one for one in answers_ if isinstance(one, Exception) and not isinstance(one, DomainError)]
    assert faults == []
    return answers_


def hand_in(proposal: Proposal, at: dt.datetime) -> Callable[[], Any]:
    return lambda: submission.hand_in(proposal, version=proposal.version, actor=proposal.pi, at=at)


def state(proposal: Proposal) -> tuple[str, int]:
    return Proposal.objects.values_list("status", "stage__number").get(pk=proposal.pk)


def test_extending_while_somebody_hands_in_too_late_lets_them_in_or_tells_them_and_in_at_the_next_try():
    officer, at = make_officer(), CLOSES + MICRO
    outcomes = set()
    for n in range(ROUNDS):
        call = make_call(f"AI-{n}")
        proposal, stage = make_proposal(call), stage_of(call)
        tried, _extended = at_once(
            hand_in(proposal, at),
            lambda stage=stage: calls.extend_deadline(stage, CLOSES + DAY, reason="Storm.", actor=officer, at=at),
        )
        assert stage_of(call).closes_at == CLOSES + DAY
        outcomes.add(type(tried))
        if isinstance(tried, TooLate):
            assert state(proposal) == ("draft", 1)
            hand_in(proposal, at)()
        assert state(proposal) == ("awaiting_sign_off", 1)
    assert outcomes <= {Proposal, TooLate}


def test_extending_while_somebody_hands_in_in_time_never_keeps_them_out():
    officer = make_officer()
    for n in range(ROUNDS):
        call = make_call(f"AI-{n}")
        proposal, stage = make_proposal(call), stage_of(call)
        at_once(
            hand_in(proposal, CLOSES - MICRO),
            lambda stage=stage: calls.extend_deadline(stage, CLOSES + DAY, reason="Storm.", actor=officer, at=CLOSES),
        )
        assert (state(proposal), DeadlineChange.objects.filter(stage=stage).count()) == (("awaiting_sign_off", 1), 1)


def test_end_of_extra_time_keeps_nobody_out_who_was_received_before_it():
    officer, ended = make_officer(), CLOSES + DAY
    for n in range(ROUNDS):
        call = make_call(f"AI-{n}", status="closed")
        proposal = Proposal.objects.get(pk=make_ready(call).pk)
        row = LateAccess.objects.create(
            stage=stage_of(call), person=proposal.pi, until=CLOSES + 9 * DAY, reason="Ill", granted_at=NOON
        )
        at_once(hand_in(proposal, ended - MICRO), lambda row=row: end_extra_time(row, actor=officer, at=ended))
        assert state(proposal) == ("awaiting_sign_off", 1)
        row.refresh_from_db()
        assert row.ended_at == ended


def make_ready(call: Any) -> Proposal:
    """A complete draft under a call that has closed since."""
    Stage.objects.filter(call=call).update(closes_at=CLOSES)
    type(call).objects.filter(pk=call.pk).update(status="open")
    proposal = make_proposal(call)
    type(call).objects.filter(pk=call.pk).update(status="closed")
    return proposal


def test_hand_in_after_the_end_of_extra_time_is_refused_with_the_deadline_of_all():
    call = make_call(status="closed")
    proposal = make_ready(call)
    row = give_extra_time(
        stage_of(call), person=proposal.pi, until=CLOSES + 9 * DAY, reason="Ill", actor=make_officer(), at=NOON
    )
    end_extra_time(row, actor=make_officer(), at=CLOSES + DAY)
    with pytest.raises(TooLate) as late:
        hand_in(proposal, CLOSES + DAY)()
    assert late.value.data["deadline"] == CLOSES.isoformat()


def test_giving_extra_time_by_two_officers_at_once_leaves_one_in_force():
    call, ada = make_call(), make_researcher()
    officers = [make_officer(), make_officer("Ona Officer")]
    at_once(
        *(
            lambda who=who: give_extra_time(
                stage_of(call), person=ada, until=CLOSES + DAY, reason="Ill", actor=who, at=NOON
            )
            for who in officers
        )
    )
    assert LateAccess.objects.filter(ended_at=None).count() == 1


def test_cut_off_that_passes_while_somebody_hands_in_in_time_counts_it_for_that_cut_off():
    for n in range(ROUNDS):
        call = make_cut_offs(f"OPEN-{n}")
        proposal = make_proposal(call)
        at_once(hand_in(proposal, CLOSES - MICRO), lambda: open_and_close(at=CLOSES))
        assert state(proposal) == ("awaiting_sign_off", 1)


def test_received_before_the_cut_off_and_processed_after_it_moved_on_counts_for_that_cut_off():
    call = make_cut_offs()
    draft, waiting = make_proposal(call), make_handed_in(call, pi=make_researcher("Hana Handedin"))
    open_and_close(at=CLOSES)
    assert state(draft) == ("draft", 2)
    hand_in(draft, CLOSES - MICRO)()
    assert state(draft) == ("awaiting_sign_off", 1)
    open_and_close(at=SIGN_UNTIL)
    assert state(waiting) == ("awaiting_sign_off", 2)
    submission.sign_off(waiting, version=waiting.version, actor=make_signer(), at=SIGN_UNTIL - MICRO)
    assert state(waiting) == ("submitted", 1)


def test_what_a_colleague_wrote_before_the_cut_off_passed_is_not_handed_in_unread():
    call = make_cut_offs()
    proposal = make_proposal(call)
    answers.save_answer(proposal, "idea", "Other words.", version=1, actor=proposal.pi, at=CLOSES - DAY)
    open_and_close(at=CLOSES)
    with pytest.raises(StaleWrite):
        hand_in(proposal, CLOSES - MICRO)()
    assert state(proposal)[0] == "draft"


def test_save_that_waits_for_a_cut_off_to_pass_is_saved():
    for n in range(ROUNDS):
        call = make_cut_offs(f"OPEN-{n}")
        draft = make_draft(call)
        saved, _moved = at_once(
            lambda draft=draft: answers.save_answer(draft, "idea", "Words.", version=0, actor=draft.pi, at=CLOSES),
            lambda: open_and_close(at=CLOSES),
        )
        assert (saved.value, state(draft)) == ("Words.", ("draft", 2))


def test_two_workers_at_one_cut_off_move_each_draft_once(monkeypatch):
    call = make_cut_offs()
    drafts = [make_draft(call, pi=make_researcher(f"Person Number {n}")) for n in range(3)]
    at_once(*[lambda: open_and_close(at=CLOSES)] * 4)
    assert [state(one) for one in drafts] == [("draft", 2)] * 3
    assert [Proposal.objects.get(pk=one.pk).version for one in drafts] == [one.version + 1 for one in drafts]


def test_pausing_while_somebody_hands_in_in_time_never_keeps_them_out():
    officer = make_officer()
    for n in range(ROUNDS):
        call = make_call(f"AI-{n}")
        proposal = make_proposal(call)
        at_once(
            hand_in(proposal, NOON - MICRO),
            lambda call=call: calls.pause_call(call, reason="Rules.", actor=officer, at=NOON),
        )
        assert state(proposal) == ("awaiting_sign_off", 1)


def test_received_in_time_counts_though_the_clock_closed_the_call_while_it_waited():
    proposal = make_proposal()
    Call.objects.filter(pk=proposal.call_id).update(status="closed")
    late = CLOSES - dt.timedelta(microseconds=1)
    handed = submission.hand_in(proposal, version=proposal.version, actor=proposal.pi, at=late)
    assert handed.status == "awaiting_sign_off"
