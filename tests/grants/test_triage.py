"""Triage: a person decides, the applicants are told, conflicts keep out."""

import datetime as dt

import pytest

from core.errors import InvalidInput, NotAllowed, WrongState
from grants.models import Proposal
from grants.services import access, decisions, triage
from notifications.models import Notice
from tests.grants.stories import NOON, make_call, make_draft, make_researcher, make_submitted, make_user

pytestmark = pytest.mark.django_db


def steps(proposal: Proposal) -> list[str]:
    return list(proposal.steps.values_list("state", flat=True))


def test_mark_ineligible_sends_the_reason_to_the_pi_once() -> None:
    officer, proposal = make_user("Oda Officer", "programme_officer"), make_submitted()
    for _ in range(2):
        triage.mark_ineligible(proposal, reason="It is about chemistry.", actor=officer, at=NOON)
    letter = Notice.objects.get(kind="proposal.ineligible", recipient=proposal.pi)
    assert "It is about chemistry." in letter.body
    assert steps(proposal)[-2:] == ["submitted", "ineligible"]


def test_mark_ineligible_without_a_reason_changes_nothing() -> None:
    officer, proposal = make_user("Oda Officer", "programme_officer"), make_submitted()
    with pytest.raises(InvalidInput):
        triage.mark_ineligible(proposal, reason=" ", actor=officer, at=NOON)
    proposal.refresh_from_db()
    assert proposal.status == "submitted"


def test_ineligible_proposal_can_be_readmitted() -> None:
    officer, proposal = make_user("Oda Officer", "programme_officer"), make_submitted()
    triage.mark_ineligible(proposal, reason="A mistake.", actor=officer, at=NOON)
    held = triage.mark_eligible(proposal, note="Looked again.", actor=officer, at=NOON)
    assert (held.status, held.decided_at) == ("eligible", None)


def test_mark_eligible_of_a_draft_is_refused() -> None:
    with pytest.raises(WrongState):
        triage.mark_eligible(make_draft(), actor=None, at=NOON)


def test_triage_by_an_officer_with_a_conflict_is_refused() -> None:
    officer, proposal = make_user("Oda Officer", "programme_officer"), make_submitted()
    access.seal(proposal, officer, at=NOON)
    with pytest.raises(NotAllowed):
        triage.mark_eligible(proposal, actor=officer, at=NOON)
    with pytest.raises(NotAllowed):
        triage.mark_ineligible(proposal, reason="No.", actor=officer, at=NOON)
    proposal.refresh_from_db()
    assert proposal.status == "submitted"


def test_mark_many_eligible_with_one_that_can_not_leaves_all() -> None:
    officer, call = make_user("Oda Officer", "programme_officer"), make_call()
    good = make_submitted(call, pi=make_researcher("Ada One"))
    bad = make_draft(call, pi=make_researcher("Bea Two"))
    with pytest.raises(InvalidInput) as refused:
        triage.mark_many_eligible([good, bad], actor=officer, at=NOON)
    good.refresh_from_db()
    assert (good.status, refused.value.message.startswith(bad.number)) == ("submitted", True)


def test_decisions_before_the_board_tell_nobody_and_after_it_the_team() -> None:
    proposal = triage.mark_eligible(make_submitted(), actor=None, at=NOON)
    before = set(Notice.objects.values_list("kind", flat=True))
    decisions.set_under_review(proposal, actor=None, at=NOON)
    decisions.not_recommend(proposal, actor=None, at=NOON)
    assert set(Notice.objects.values_list("kind", flat=True)) == before
    held = decisions.decline(proposal, reason="Ranked too low.", actor=None, at=NOON + dt.timedelta(days=1))
    letter = Notice.objects.get(kind="proposal.declined", recipient=proposal.pi)
    assert (held.decided_at, "Ranked too low." in letter.body) == (NOON + dt.timedelta(days=1), False)


def test_access_to_review_is_refused_to_the_team_and_to_the_sealed() -> None:
    proposal, reviewer = make_submitted(), make_user("Rex Reviewer")
    assert proposal.pi is not None
    access.grant(proposal, reviewer, "reviewer", at=NOON)
    access.seal(proposal, reviewer, at=NOON)
    assert not proposal.access.filter(user=reviewer).exists()
    for person in (reviewer, proposal.pi):
        with pytest.raises(NotAllowed):
            access.grant(proposal, person, "reviewer", at=NOON)
    access.lift_seal(proposal, reviewer, at=NOON)
    assert access.grant(proposal, reviewer, "reviewer", at=NOON).role == "reviewer"
    assert proposal.seals.get().lifted_at == NOON
