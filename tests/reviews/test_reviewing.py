"""A reviewer's road: invited, certified, written, handed in; and what is refused on it."""

import datetime as dt
import threading
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from audit.models import AuditEvent
from core.errors import InvalidInput, NotAllowed, StaleWrite, WrongState
from grants.models import Proposal, ProposalAccess
from notifications.models import Deadline, Notice
from reviews.errors import LoadFull, ReviewIncomplete
from reviews.models import Criterion, Review, Score
from reviews.services import assignment, reviewing, rubrics
from reviews.services.reviewing import Given
from tests.reviews.stories import (
    AFTER,
    CRITERIA,
    DUE,
    accepted,
    assign,
    make_eligible,
    make_judged_call,
    make_officer,
    make_reviewer,
    submitted,
    written,
)

pytestmark = pytest.mark.django_db


def test_assign_brings_the_proposal_under_review_and_invites_with_a_deadline():
    proposal, reviewer = make_eligible(), make_reviewer()
    review = assign(proposal, reviewer)
    proposal.refresh_from_db()
    notice = Notice.objects.get(kind="review.invited")
    deadline = Deadline.objects.get(kind="review.due", subject_id=review.pk)
    assert (proposal.status, review.status, notice.recipient, deadline.due_at) == (
        "under_review",
        "invited",
        reviewer,
        DUE,
    )
    assert not ProposalAccess.objects.filter(user=reviewer).exists()


def test_assign_when_it_is_not_eligible_yet_then_refused():
    proposal, reviewer = make_eligible(), make_reviewer()
    Proposal.objects.filter(pk=proposal.pk).update(status="submitted")
    with pytest.raises(WrongState):
        assign(proposal, reviewer)
    assert Review.objects.count() == 0


def test_assign_above_the_load_then_refused():
    reviewer = make_reviewer(most_reviews=1)
    assign(make_eligible(), reviewer)
    with pytest.raises(LoadFull):
        assign(make_eligible(title="Another", pi="Bea Second"), reviewer)
    assert Review.objects.count() == 1


def test_accept_without_certifying_then_no_content():
    review = assign(make_eligible(), reviewer := make_reviewer())
    with pytest.raises(InvalidInput):
        reviewing.accept(review, certify=False, actor=reviewer, at=AFTER)
    assert not ProposalAccess.objects.filter(user=reviewer).exists()


def test_accept_gives_the_reviewer_the_proposal_and_nobody_else_may_answer():
    proposal, reviewer = make_eligible(), make_reviewer()
    review = assign(proposal, reviewer)
    with pytest.raises(NotAllowed):
        reviewing.accept(review, certify=True, actor=make_officer(), at=AFTER)
    reviewing.accept(review, certify=True, actor=reviewer, at=AFTER)
    assert list(Proposal.objects.visible_to(reviewer)) == [proposal]


def test_save_from_an_older_state_then_both_texts_are_kept():
    proposal, reviewer = make_eligible(), make_reviewer()
    review = accepted(proposal, reviewer)
    first = reviewing.save(
        review, version=review.version, scores={}, texts={"for_panel": "phone"}, actor=reviewer, at=AFTER
    )
    with pytest.raises(StaleWrite) as refused:
        reviewing.save(
            first, version=first.version - 1, scores={}, texts={"for_panel": "laptop"}, actor=reviewer, at=AFTER
        )
    first.refresh_from_db()
    data = refused.value.data
    assert (first.for_panel, data["theirs"]["for_panel"], data["yours"]["for_panel"]) == ("phone", "phone", "laptop")


def test_save_a_score_off_the_scale_then_refused_and_the_database_refuses_too():
    review = written(make_eligible(), reviewer := make_reviewer())
    with pytest.raises(InvalidInput) as refused:
        reviewing.save(review, version=review.version, scores={"merit": Given(6)}, texts={}, actor=reviewer, at=AFTER)
    assert refused.value.field == "merit"
    with pytest.raises(IntegrityError), transaction.atomic():
        Score.objects.filter(criterion__key="merit").update(value=6)


def test_submit_when_something_is_missing_then_every_place_is_named():
    review = accepted(make_eligible(), reviewer := make_reviewer())
    review = reviewing.save(
        review, version=review.version, scores={"method": Given(3)}, texts={}, actor=reviewer, at=AFTER
    )
    with pytest.raises(ReviewIncomplete) as refused:
        reviewing.submit(review, version=review.version, actor=reviewer, at=AFTER)
    assert [place for place, _words in refused.value.data["missing"]] == [
        "merit",
        "method",
        "for_applicant",
        "confidence",
    ]


def test_submit_counts_the_weighted_mean_ends_the_deadline_and_a_second_click_is_the_same():
    review = written(make_eligible(), reviewer := make_reviewer(), merit=5, method=3)
    done = reviewing.submit(review, version=review.version, actor=reviewer, at=AFTER)
    again = reviewing.submit(review, version=review.version, actor=reviewer, at=AFTER)
    deadline = Deadline.objects.get(kind="review.due", subject_id=review.pk)
    assert (done.score, again.pk, deadline.ended_at) == (Decimal("4.5"), done.pk, AFTER)
    assert AuditEvent.objects.filter(verb="review.submitted").count() == 1


def test_save_after_it_was_submitted_then_refused():
    review = submitted(make_eligible(), reviewer := make_reviewer())
    with pytest.raises(WrongState):
        reviewing.save(review, version=review.version, scores={}, texts={"for_panel": "x"}, actor=reviewer, at=AFTER)


def test_reopen_takes_the_score_out_of_the_count_until_it_is_back():
    review = submitted(make_eligible(), make_reviewer())
    later = AFTER + dt.timedelta(days=1)
    reviewing.reopen(
        review, reason="Too short", actor=make_officer(), at=later, due_at=later + reviewing.TIME_TO_REWRITE
    )
    assert list(Review.objects.counting()) == []


def test_withdrawn_assignment_closes_the_proposal_to_its_reviewer():
    proposal, reviewer = make_eligible(), make_reviewer()
    review = accepted(proposal, reviewer)
    assignment.withdraw_review(review, reason="Enough reviews", actor=make_officer(), at=AFTER)
    assert (list(Proposal.objects.visible_to(reviewer)), list(Review.objects.visible_to(reviewer))) == ([], [])


def test_published_rubric_is_frozen_in_the_database():
    make_judged_call()
    with pytest.raises(IntegrityError), transaction.atomic():
        Criterion.objects.filter(key="merit").update(weight=9)


def test_call_rubric_can_not_be_exchanged_once_a_review_exists():
    proposal = make_eligible()
    assign(proposal, make_reviewer())
    other = rubrics.create_rubric(name="Other", criteria=CRITERIA, actor=None, at=AFTER)
    with pytest.raises(WrongState):
        rubrics.set_call_rubric(proposal.call, other, reviews_due_at=DUE, actor=None, at=AFTER)


@pytest.mark.django_db(transaction=True)
def test_two_devices_saving_at_once_lose_no_word():
    """Of each pair one is kept, and the other is handed back with what is kept: 30 rounds, no text lost."""
    review = accepted(make_eligible(), reviewer := make_reviewer())
    for n in range(30):
        version = Review.objects.get(pk=review.pk).version
        barrier, outcome = threading.Barrier(2), []

        def save(text, version=version, barrier=barrier, outcome=outcome):
            barrier.wait()
            try:
                reviewing.save(review, version=version, scores={}, texts={"for_panel": text}, actor=reviewer, at=AFTER)
                outcome.append(("kept", text))
            except StaleWrite as error:
                outcome.append(("back", error.data["yours"]["for_panel"], error.data["theirs"]["for_panel"]))
            finally:
                connection.close()

        threads = [threading.Thread(target=save, args=(f"{side} {n}",)) for side in ("a", "b")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        kept = next(one[1] for one in outcome if one[0] == "kept")
        back = next(one for one in outcome if one[0] == "back")
        assert {kept, back[1]} == {f"a {n}", f"b {n}"}
        assert (back[2], Review.objects.get(pk=review.pk).for_panel) == (kept, kept)
