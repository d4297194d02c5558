"""Law 5: in or out by the server's clock; what was in is never lost; what was late is refused with both times."""

import contextlib
import datetime as dt
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from audit.models import AuditEvent
from core.errors import DomainError, InvalidInput, StaleWrite, WrongState
from grants.errors import Frozen, Incomplete, TooLate
from grants.models import Call, Proposal, ProposalStep, Submission
from grants.services import answers, budget, proposals, submission
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
    make_member,
    make_proposal,
    make_signer,
    make_submitted,
    sign,
    stage_of,
)

pytestmark = pytest.mark.django_db


def state_of(proposal: Proposal) -> str:
    return Proposal.objects.get(pk=proposal.pk).status


# --- the road -------------------------------------------------------------------------------------------------------
def test_hand_in_when_complete_then_it_waits_for_the_office_and_everybody_is_told_once():
    proposal = make_proposal(title="Open maps")
    coauthor = make_member(proposal)
    proposal.refresh_from_db()
    handed_in = submission.hand_in(proposal, version=proposal.version, actor=proposal.pi, at=NOON)
    assert (handed_in.status, handed_in.handed_in_at, handed_in.submitted_at) == ("awaiting_sign_off", NOON, None)
    steps = list(ProposalStep.objects.filter(subject=proposal).values_list("state", "at"))
    assert steps == [("draft", proposal.created_at), ("awaiting_sign_off", NOON)]
    told = Notice.objects.filter(kind="proposal.awaiting_sign_off").values_list("address", "path").order_by("address")
    assert list(told) == [
        (proposal.pi.email, f"/proposals/{proposal.number}/"),
        (coauthor.email, f"/proposals/{proposal.number}/"),
        ("olga.office@people.example", f"/sign-offs/{proposal.number}/"),
    ]


def test_sign_off_then_a_receipt_with_number_instant_and_checksum_of_the_frozen_content():
    proposal = make_handed_in()
    at = NOON + MICRO
    receipt = sign(proposal, at=at)
    assert (receipt.receipt, receipt.at) == (f"R-{proposal.number}-1", at)
    assert receipt.sha256 == submission.checksum(Submission.objects.get().content)
    assert (receipt.handed_in_by, receipt.signed_by) == (proposal.pi, make_signer())
    fresh = Proposal.objects.get()
    assert (fresh.status, fresh.submitted_at) == ("submitted", at)
    mails = Notice.objects.filter(kind="proposal.submitted")
    assert set(mails.values_list("address", flat=True)) == {
        proposal.pi.email,
        "olga.office@people.example",
    }
    assert all(receipt.sha256 in mail.body and receipt.receipt in mail.subject for mail in mails)


def test_frozen_content_holds_what_was_written_as_text_that_any_program_reads_alike():
    content = submission.frozen_content(make_proposal(title="Ünïcode “maps”"))
    again = json.loads(submission.canonical(content))
    assert again == content
    assert submission.canonical(again) == submission.canonical(content)
    assert (content["title"], content["budget"]["total"]) == ("Ünïcode “maps”", "199389.71")
    assert [one["answer"] for section in content["sections"] for one in section["questions"]] == [
        "About idea.",
        "About method.",
        "About outputs.",
    ]
    assert not [value for value in _leaves(content) if isinstance(value, float)]


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in _leaves(one)]
    if isinstance(value, list):
        return [leaf for one in value for leaf in _leaves(one)]
    return [value]


# --- the deadline's instant -----------------------------------------------------------------------------------------
ZONES = ["UTC", "Etc/GMT+12", "Pacific/Kiritimati", "America/New_York", "Europe/Paris", "Asia/Kathmandu"]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("local", "fold"),
    [
        (dt.datetime(2026, 3, 31, 23, 59, 59, 999999), 0),
        (dt.datetime(2026, 3, 29, 3, 0), 0),  # clocks went forward in Paris
        (dt.datetime(2026, 11, 1, 1, 30), 0),  # the first 01:30 of two in New York
        (dt.datetime(2026, 11, 1, 1, 30), 1),  # the second
    ],
)
def test_hand_in_is_decided_by_the_instant_whatever_the_zone(zone, local, fold):
    call = make_call(zone=zone, closes_at=CLOSES, sign_off_until=None)
    stage = stage_of(call)
    closes = local.replace(tzinfo=stage.tz, fold=fold).astimezone(dt.UTC)
    call.stages.update(opens_at=OPENS - dt.timedelta(days=1), closes_at=closes)
    proposal = make_proposal(call)
    for late in (closes, closes + MICRO, closes + dt.timedelta(hours=12)):
        with pytest.raises(TooLate) as refused:
            submission.hand_in(proposal, version=proposal.version, actor=proposal.pi, at=late)
        assert refused.value.data == {"deadline": closes.isoformat(), "received": late.isoformat()}
    assert state_of(proposal) == "draft"
    submission.hand_in(proposal, version=proposal.version, actor=proposal.pi, at=closes - MICRO)
    assert state_of(proposal) == "awaiting_sign_off"


@pytest.mark.parametrize(
    ("delay", "state"), [(-MICRO, "submitted"), (0 * MICRO, "awaiting_sign_off"), (MICRO, "awaiting_sign_off")]
)
def test_sign_off_until_its_own_instant_after_the_deadline(delay, state):
    proposal = make_handed_in(at=CLOSES - MICRO)
    Call.objects.update(status="closed")
    with contextlib.suppress(TooLate):
        sign(proposal, at=SIGN_UNTIL + delay)
    assert state_of(proposal) == state


def test_sign_off_where_the_call_gives_no_more_time_then_late_at_the_deadline():
    proposal = make_handed_in(make_call(sign_off_until=None), at=NOON)
    with pytest.raises(TooLate):
        sign(proposal, at=CLOSES)
    assert (state_of(proposal), Submission.objects.count()) == ("awaiting_sign_off", 0)


def test_hand_in_before_the_call_opens_or_after_it_was_cancelled_is_refused():
    proposal = make_proposal()
    for status, at in (("open", OPENS - MICRO), ("cancelled", NOON)):
        Call.objects.update(status=status)
        with pytest.raises(DomainError) as refused:
            submission.hand_in(proposal, actor=proposal.pi, at=at)
        assert refused.value.code == "call_not_open"


# --- incomplete, stale, twice ---------------------------------------------------------------------------------------
def test_hand_in_when_something_is_missing_then_refused_with_every_place():
    proposal = make_draft()
    with pytest.raises(Incomplete) as refused:
        submission.hand_in(proposal, version=proposal.version, actor=proposal.pi, at=NOON)
    assert [finding["code"] for finding in refused.value.data["findings"]] == [
        "abstract_missing",
        "starts_on_missing",
        "months_missing",
        "office_missing",
        "answer_missing",
        "answer_missing",
        "answer_missing",
        "budget_empty",
    ]
    assert (state_of(proposal), list(Notice.objects.all())) == ("draft", [])


def test_hand_in_when_the_team_wrote_on_meanwhile_then_refused():
    proposal = make_proposal()
    coauthor = make_member(proposal)
    seen = Proposal.objects.get().version
    answers.save_answer(proposal, "idea", "Another idea.", version=1, actor=coauthor, at=NOON)
    with pytest.raises(StaleWrite):
        submission.hand_in(proposal, version=seen, actor=proposal.pi, at=NOON)
    assert state_of(proposal) == "draft"


def test_hand_in_and_sign_off_twice_then_one_of_each():
    proposal = make_proposal()
    for at in (NOON, NOON + MICRO):
        submission.hand_in(proposal, version=proposal.version, actor=proposal.pi, at=at)
    first, second = sign(proposal, at=NOON + 2 * MICRO), sign(proposal, at=NOON + 3 * MICRO)
    assert (first, Submission.objects.count(), Proposal.objects.get().handed_in_at) == (second, 1, NOON)
    assert Notice.objects.filter(kind="proposal.submitted", recipient=proposal.pi).count() == 1
    assert AuditEvent.objects.filter(verb="proposal.submitted").count() == 1


def test_sign_off_of_a_text_that_was_changed_after_it_was_read_is_refused():
    proposal = make_handed_in()
    read = Proposal.objects.get().version
    submission.return_for_correction(proposal, reason="Mend it", actor=make_signer(), at=NOON)
    answers.save_answer(proposal, "idea", "Another.", version=1, actor=proposal.pi, at=NOON)
    submission.hand_in(proposal, actor=proposal.pi, at=NOON)
    with pytest.raises(StaleWrite):
        submission.sign_off(proposal, version=read, actor=make_signer(), at=NOON)


# --- frozen ---------------------------------------------------------------------------------------------------------
def late_edits(proposal: Proposal) -> list[Callable[[], object]]:
    who = {"actor": proposal.pi, "at": NOON}
    return [
        lambda: answers.save_answer(proposal, "idea", "Later words", version=1, **who),
        lambda: proposals.save_details(proposal, version=99, fields={"title": "Later"}, **who),
        lambda: budget.set_lines(proposal, [], **who),
    ]


def test_edit_after_handing_in_is_refused_and_changes_nothing():
    proposal = make_handed_in()
    before = submission.checksum(submission.frozen_content(proposal))
    for edit in late_edits(proposal):
        with pytest.raises(Frozen) as refused:
            edit()
        assert refused.value.status == 409
    assert submission.checksum(submission.frozen_content(Proposal.objects.get())) == before


# --- the ways back --------------------------------------------------------------------------------------------------
def test_return_then_a_draft_with_the_reason_told_to_the_pi_and_no_longer_seen_by_staff():
    proposal = make_handed_in()
    submission.return_for_correction(proposal, reason="The rate is last year's.", actor=make_signer(), at=NOON)
    step = ProposalStep.objects.filter(subject=proposal).last()
    assert (state_of(proposal), step.reason) == ("draft", "The rate is last year's.")
    notice = Notice.objects.get(kind="proposal.draft", recipient=proposal.pi)
    assert "The rate is last year's." in notice.body


@pytest.mark.parametrize("act", ["return_for_correction", "withdraw"])
def test_without_a_reason_is_refused(act):
    proposal = make_handed_in()
    with pytest.raises(InvalidInput):
        getattr(submission, act)(proposal, reason="  ", actor=proposal.pi, at=NOON)


def test_take_back_and_hand_in_again_then_the_last_counts_and_all_are_kept():
    proposal = make_submitted(at=NOON)
    submission.take_back(proposal, actor=proposal.pi, at=NOON + MICRO)
    assert (state_of(proposal), Proposal.objects.get().submitted_at) == ("draft", None)
    answers.save_answer(proposal, "idea", "A better idea.", version=1, actor=proposal.pi, at=NOON + MICRO)
    submission.hand_in(proposal, actor=proposal.pi, at=NOON + 2 * MICRO)
    sign(proposal, at=NOON + 3 * MICRO)
    kept = list(Submission.objects.values_list("receipt", flat=True))
    assert kept == [f"R-{proposal.number}-2", f"R-{proposal.number}-1"]
    first, second = Submission.objects.order_by("at")
    assert (first.content["sections"][0]["questions"][0]["answer"], first.sha256 != second.sha256) == (
        "About idea.",
        True,
    )


def test_take_back_after_the_deadline_is_refused_and_what_was_in_stays_in():
    proposal = make_submitted(at=NOON)
    with pytest.raises(TooLate):
        submission.take_back(proposal, actor=proposal.pi, at=CLOSES)
    assert state_of(proposal) == "submitted"


def test_withdraw_after_the_award_is_refused():
    proposal = make_submitted()
    Proposal.objects.update(status="awarded")
    with pytest.raises(WrongState):
        submission.withdraw(proposal, reason="Changed my mind", actor=proposal.pi, at=NOON)


# --- at once --------------------------------------------------------------------------------------------------------
def at_once(acts: list[Callable[[], object]]) -> list[object]:
    """Run `acts` in threads that start together; what each answered, or the name of its error."""
    barrier, answers = threading.Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        try:
            barrier.wait()
            answers.append(act())
        except Exception as error:  # noqa: BLE001  (the test compares its name)
            answers.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_twenty_hand_ins_and_twenty_sign_offs_at_once_then_one_submission_one_receipt_one_mail():
    proposal = make_proposal()
    signer = make_signer()

    def hand_in() -> str:
        return submission.hand_in(proposal, version=proposal.version, actor=proposal.pi, at=NOON).status

    def sign_it() -> str:
        return submission.sign_off(proposal, actor=signer, at=NOON).receipt

    assert at_once([hand_in] * 20) == ["awaiting_sign_off"] * 20
    assert at_once([sign_it] * 20) == [f"R-{proposal.number}-1"] * 20
    assert Submission.objects.count() == 1
    assert Notice.objects.filter(kind="proposal.submitted", recipient=proposal.pi).count() == 1
    assert list(ProposalStep.objects.values_list("state", flat=True)) == ["draft", "awaiting_sign_off", "submitted"]


@pytest.mark.django_db(transaction=True)
def test_edits_racing_with_handing_in_then_the_receipt_is_of_what_is_stored():
    """Whoever comes second is refused: either the edit is in what was handed in, or it is nowhere."""
    signer, call = make_signer(), make_call()
    outcomes = set()
    for n in range(15):
        proposal = make_proposal(call, title=f"Maps {n}")

        def edit(proposal=proposal, n=n) -> str:
            answers.save_answer(proposal, "idea", f"Written {n}", version=1, actor=proposal.pi, at=NOON)
            return "written"

        def hand_in(proposal=proposal) -> str:
            return submission.hand_in(proposal, actor=proposal.pi, at=NOON).status

        outcomes |= set(at_once([edit, hand_in]))
        receipt = submission.sign_off(proposal, actor=signer, at=NOON)
        stored = Proposal.objects.get(pk=proposal.pk)
        assert receipt.sha256 == submission.checksum(submission.frozen_content(stored))
    assert outcomes <= {"written", "awaiting_sign_off", "Frozen"}
