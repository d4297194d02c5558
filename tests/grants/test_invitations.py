"""What becomes of expressions of interest: invited or not, once, by nobody with a conflict; the database holds the rest."""

import pytest
from django.db import IntegrityError, transaction

from audit.models import AuditEvent
from core.errors import InvalidInput, NotAllowed, WrongState
from grants.models import Proposal
from grants.services import access, invitations, triage
from notifications.models import Notice
from tests.grants.stories import make_call, make_researcher, make_signer, make_submitted
from tests.grants.stories_two_stage import (
    DECIDED,
    FULL_CLOSES,
    make_expression_in,
    make_invited,
    make_two_stage_call,
    officer,
    start_full,
)

pytestmark = pytest.mark.django_db


def of_letter(proposal, state):
    rows = (
        Notice.objects.filter(kind=f"proposal.{state}", about_id=str(proposal.pk))
        if hasattr(Notice, "about_id")
        else (Notice.objects.filter(kind=f"proposal.{state}", subject_id=str(proposal.pk)))
    )
    return {one.recipient.name: one for one in rows.select_related("recipient")}


def test_invite_then_the_lead_gets_the_way_to_the_full_proposal_and_team_and_office_read_of_it():
    first = make_expression_in()
    make_signer()
    done = invitations.invite(first, note="Strong.", actor=officer(), at=DECIDED)
    assert (done.status, done.decided_at) == ("invited", DECIDED)
    letters = of_letter(first, "invited")
    assert sorted(letters) == ["Ada Example", "Olga Office"]
    assert letters["Ada Example"].path == f"/proposals/{first.number}/full/"
    assert letters["Olga Office"].path == f"/proposals/{first.number}/"
    assert "30 June 2026" in letters["Ada Example"].body or "2026" in letters["Ada Example"].body
    assert "Strong." not in "".join(one.body for one in letters.values())


def test_invite_twice_then_one_letter_each():
    first = make_invited()
    invitations.invite(first, actor=officer(), at=DECIDED)
    assert Notice.objects.filter(kind="proposal.invited").count() == 2
    assert AuditEvent.objects.filter(verb="proposal.invited").count() == 1


def test_not_invite_then_the_reason_is_told_in_these_words():
    first = make_expression_in()
    invitations.not_invite(first, reason="Outside the call's scope.", actor=officer(), at=DECIDED)
    first.refresh_from_db()
    assert first.status == "declined"
    assert ["Outside the call's scope." in one.body for one in of_letter(first, "declined").values()] == [True, True]


def test_not_invite_without_a_reason_is_refused():
    with pytest.raises(InvalidInput, match="reason"):
        invitations.not_invite(make_expression_in(), reason=" ", actor=officer(), at=DECIDED)


def test_invitation_is_taken_back_while_nothing_was_begun_and_no_longer_after():
    call = make_two_stage_call()
    first = make_invited(call)
    invitations.not_invite(first, reason="A mistake.", actor=officer(), at=DECIDED)
    first = invitations.invite(first, actor=officer(), at=DECIDED)
    full = start_full(first)
    with pytest.raises(WrongState, match=full.number):
        invitations.not_invite(first, reason="Too late.", actor=officer(), at=DECIDED)


def test_readmit_then_it_waits_for_a_decision_again():
    first = make_expression_in()
    triage.mark_ineligible(first, reason="Not a member.", actor=officer(), at=DECIDED)
    first = invitations.readmit(first, actor=officer(), at=DECIDED)
    assert (first.status, first.decided_at) == ("submitted", None)
    with pytest.raises(WrongState, match="readmitted"):
        invitations.readmit(make_invited(pi=make_researcher("Bo Second")), actor=officer(), at=DECIDED)


def test_officer_with_a_conflict_neither_invites_nor_declines():
    first, who = make_expression_in(), officer()
    access.seal(first, who, at=DECIDED)
    for act in (
        lambda: invitations.invite(first, actor=who, at=DECIDED),
        lambda: invitations.not_invite(first, reason="No.", actor=who, at=DECIDED),
        lambda: invitations.readmit(first, actor=who, at=DECIDED),
    ):
        with pytest.raises(NotAllowed, match="conflict"):
            act()


def test_invite_after_full_proposals_are_no_longer_taken_is_refused():
    with pytest.raises(WrongState, match="extend"):
        invitations.invite(make_expression_in(), actor=officer(), at=FULL_CLOSES)


def test_invite_a_full_proposal_or_check_an_expression_is_refused():
    full = make_submitted(make_call())
    with pytest.raises(WrongState, match="full proposal"):
        invitations.invite(full, actor=officer(), at=DECIDED)
    with pytest.raises(WrongState, match="invited to a full proposal, or not"):
        triage.mark_eligible(make_expression_in(make_two_stage_call()), actor=officer(), at=DECIDED)


def test_invite_many_is_all_or_none_and_names_the_one_refused():
    call = make_two_stage_call()
    one = make_expression_in(call)
    two = make_expression_in(call, pi=make_researcher("Bo Second"))
    triage.mark_ineligible(two, reason="No.", actor=officer(), at=DECIDED)
    with pytest.raises(InvalidInput, match=f"^{two.number}: "):
        invitations.invite_many([one, two], actor=officer(), at=DECIDED)
    assert sorted(call.proposals.values_list("status", flat=True)) == ["ineligible", "submitted"]
    assert [p.status for p in invitations.invite_many([one], actor=officer(), at=DECIDED)] == ["invited"]


# --- the database -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "state", ["eligible", "under_review", "recommended", "not_recommended", "awarded", "reserve_list"]
)
def test_expression_never_takes_a_state_of_full_proposals(state):
    first = make_expression_in()
    with pytest.raises(IntegrityError, match="never"), transaction.atomic():
        Proposal.objects.filter(pk=first.pk).update(status=state)


def test_full_proposal_is_never_invited_and_follows_only_an_invitation_of_its_call():
    call, other = make_two_stage_call(), make_two_stage_call("TWO-27")
    first, waiting = make_invited(call), make_expression_in(call, pi=make_researcher("Bo Second"))
    elsewhere = make_invited(other, pi=make_researcher("Cy Third"))
    full = start_full(first)
    with pytest.raises(IntegrityError, match="never invited"), transaction.atomic():
        Proposal.objects.filter(pk=full.pk).update(status="invited", submitted_at=DECIDED)
    for wrong in (waiting.pk, elsewhere.pk, full.pk):
        with pytest.raises(IntegrityError, match="follows only an invited"), transaction.atomic():
            Proposal.objects.filter(pk=full.pk).update(follows=wrong)
    with pytest.raises(IntegrityError, match="follows an expression"), transaction.atomic():
        Proposal.objects.filter(pk=full.pk).update(follows=None)
    with pytest.raises(IntegrityError, match="begun"), transaction.atomic():
        Proposal.objects.filter(pk=first.pk).update(status="declined")
    with pytest.raises(IntegrityError, match="follows_id"), transaction.atomic():
        Proposal.objects.create(
            call=call, stage=full.stage, follows=first, number="TWO-26-0099", created_at=DECIDED, updated_at=DECIDED
        )
