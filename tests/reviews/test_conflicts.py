"""Law 6: whoever has a conflict is not chosen, and learns nothing of that proposal's review."""

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from core.errors import InvalidInput, NotAllowed
from grants.models import Proposal, ProposalSeal
from grants.panels import panels_of
from reviews import conflicts as reads
from reviews.errors import Conflicted
from reviews.models import Conflict, Review
from reviews.ranking import ranked
from reviews.services import conflicts, reviewing
from tests.grants.stories import make_member, make_researcher, make_signer, make_university
from tests.reviews.stories import AFTER, accepted, assign, make_eligible, make_officer, make_reviewer, submitted

pytestmark = pytest.mark.django_db


def test_find_names_colleagues_office_and_addresses_of_the_university():
    proposal = make_eligible()
    home = make_university()
    home.domains.create(domain="people.example")
    colleague = make_researcher("Cora Colleague", home)
    signer = make_signer(university=home)
    User.objects.create_user("far@else.example", name="Far Away")
    among = User.objects.filter(pk__in=[colleague.pk, signer.pk]) | User.objects.filter(email="far@else.example")
    found = {(one.user_id, one.evidence) for one in reads.find(proposal, among)}
    assert found == {
        (colleague.pk, "Affiliated with University of Northmoor."),
        (signer.pk, "Works for the research office of University of Northmoor."),
        (colleague.pk, "The address ends in people.example, a domain of University of Northmoor."),
        (signer.pk, "The address ends in people.example, a domain of University of Northmoor."),
    }


def test_assign_a_colleague_of_the_applicants_then_refused_with_the_reason():
    proposal = make_eligible()
    make_researcher("Cora Colleague", make_university())
    colleague = make_reviewer("Cora Colleague")
    with pytest.raises(Conflicted) as refused:
        assign(proposal, colleague)
    assert refused.value.message.endswith("Affiliated with University of Northmoor.")


def test_review_by_somebody_sealed_or_on_the_team_is_refused_by_the_database():
    proposal, sealed = make_eligible(), make_reviewer()
    review = assign(make_eligible(title="Other", pi="Bea Second"), make_reviewer("Ria Other"))
    conflicts.declare(proposal, sealed, kind="family", text="My sister", actor=sealed, at=AFTER)
    for person in (sealed, proposal.pi):
        with pytest.raises(IntegrityError), transaction.atomic():
            Review.objects.create(
                proposal=proposal,
                reviewer=person,
                rubric_version_id=review.rubric_version_id,
                assigned_at=AFTER,
                due_at=AFTER,
                updated_at=AFTER,
            )


def test_recuse_ends_the_review_seals_and_shows_nothing_any_more():
    proposal, reviewer = make_eligible(), make_reviewer()
    review = accepted(proposal, reviewer)
    reviewing.recuse(review, kind="collaborator", text="We wrote a paper", actor=reviewer, at=AFTER)
    review.refresh_from_db()
    assert (
        review.status,
        list(Review.objects.visible_to(reviewer)),
        list(Proposal.objects.visible_to(reviewer)),
        ProposalSeal.objects.filter(user=reviewer, lifted_at=None).count(),
    ) == ("recused", [], [], 1)


def test_conflict_that_comes_up_later_withdraws_a_submitted_review_from_the_count():
    proposal, reviewer = make_eligible(), make_reviewer()
    submitted(proposal, reviewer)
    found = conflicts.note_found(proposal, reviewer, kind="financial", evidence="Shares", at=AFTER)
    conflicts.confirm(found, reason="Seen in the register", actor=make_officer(), at=AFTER)
    assert (list(Review.objects.counting()), ranked(make_officer()).get(pk=proposal.pk).counted) == ([], 0)


def test_conflicted_officer_sees_the_proposal_in_no_list_count_or_rank():
    first, second = make_eligible(), make_eligible(title="Second", pi="Bea Second")
    submitted(first, make_reviewer("Ria One"), merit=5)
    submitted(second, make_reviewer("Rob Two"), merit=2)
    officer = make_officer("Cleo Conflicted")
    before = {row.pk: row.rank for row in ranked(officer)}
    conflicts.declare(first, officer, kind="family", text="", actor=officer, at=AFTER)
    after = {row.pk: row.rank for row in ranked(officer)}
    assert (before, after) == ({first.pk: 1, second.pk: 2}, {second.pk: 1})
    assert [review.proposal_id for review in Review.objects.visible_to(officer)] == [second.pk]


def test_applicants_never_see_who_reviewed_even_where_they_are_staff():
    proposal = make_eligible()
    submitted(proposal, make_reviewer())
    member = make_officer("Otto Officer")
    assert Review.objects.visible_to(member).count() == 1
    people = (proposal.pi, make_signer(university=make_university()))
    assert [Review.objects.visible_to(person).count() for person in people] == [0, 0]


def test_set_aside_what_somebody_declared_of_themselves_then_refused():
    proposal, reviewer = make_eligible(), make_reviewer()
    declared = conflicts.declare(proposal, reviewer, kind="other", text="x", actor=reviewer, at=AFTER)
    with pytest.raises(NotAllowed):
        conflicts.set_aside(declared, reason="No", actor=make_officer(), at=AFTER)
    assert Conflict.objects.get().status == "confirmed"


def test_set_aside_a_found_conflict_then_the_person_can_be_chosen():
    proposal = make_eligible()
    make_researcher("Cora Colleague", make_university())
    colleague = make_reviewer("Cora Colleague")
    found = conflicts.note_found(proposal, colleague, kind="employer", evidence="Same university", at=AFTER)
    conflicts.set_aside(found, reason="Left ten years ago", actor=make_officer(), at=AFTER)
    assert assign(proposal, colleague).status == "invited"


def test_team_member_is_a_conflict():
    proposal = make_eligible()
    reviewer = make_reviewer("Ben Coauthor")
    Proposal.objects.filter(pk=proposal.pk).update(status="draft")
    make_member(Proposal.objects.get(pk=proposal.pk), "Ben Coauthor")
    Proposal.objects.filter(pk=proposal.pk).update(status="eligible")
    with pytest.raises(Conflicted):
        assign(Proposal.objects.get(pk=proposal.pk), reviewer)


def test_decide_found_keeps_the_findings_with_the_decision():
    proposal = make_eligible()
    make_researcher("Cora Colleague", make_university())
    colleague = make_reviewer("Cora Colleague")
    with pytest.raises(InvalidInput):
        conflicts.decide_found(proposal, colleague, holds=False, reason=" ", actor=make_officer(), at=AFTER)
    conflicts.decide_found(proposal, colleague, holds=False, reason="Left in 2015", actor=make_officer(), at=AFTER)
    kept = Conflict.objects.get(user=colleague)
    assert (kept.source, kept.status, kept.evidence) == (
        "found",
        "set_aside",
        "Affiliated with University of Northmoor.",
    )
    assert assign(proposal, colleague).status == "invited"


def test_applicants_read_the_comments_once_it_is_decided_by_nobody_s_name():
    proposal, reviewer = make_eligible(), make_reviewer()
    submitted(proposal, reviewer)
    pi = proposal.pi
    before = panels_of(pi, Proposal.objects.get(pk=proposal.pk))
    Proposal.objects.filter(pk=proposal.pk).update(status="declined", decided_at=AFTER)
    decided = Proposal.objects.get(pk=proposal.pk)
    after = panels_of(pi, decided)
    assert (before, [panel.context for panel in after]) == ([], [{"texts": ["Good work."]}])
    assert [panel.template for panel in panels_of(make_officer(), decided)] == ["reviews/_proposal_panel.html"]


def test_declare_what_an_officer_had_set_aside_then_it_holds_and_the_review_ends():
    proposal = make_eligible()
    colleague = make_reviewer("Cora Colleague")
    make_researcher("Cora Colleague", make_university())
    (found,) = conflicts.decide_found(
        proposal, colleague, holds=False, reason="Left long ago.", actor=make_officer(), at=AFTER
    )
    review = accepted(proposal, colleague)
    reviewing.recuse(review, kind=found.kind, text="I still teach there.", actor=colleague, at=AFTER)
    found.refresh_from_db()
    review.refresh_from_db()
    assert (found.status, found.source, review.status) == ("confirmed", "declared", "recused")
    assert ProposalSeal.objects.filter(proposal=proposal, user=colleague, lifted_at=None).exists()


def test_confirm_a_found_conflict_of_ones_own_then_told_to_declare_it():
    proposal, officer = make_eligible(), make_officer()
    found = conflicts.note_found(proposal, officer, kind="collaborator", evidence="A paper.", at=AFTER)
    with pytest.raises(NotAllowed):
        conflicts.confirm(found, reason="Yes", actor=officer, at=AFTER)
    conflicts.declare(proposal, officer, kind="collaborator", text="Yes", actor=officer, at=AFTER)
    assert Conflict.objects.get().status == "confirmed"
