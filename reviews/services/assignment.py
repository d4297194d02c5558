"""Who reviews what: assigned by staff, never against a conflict, never above a reviewer's load."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.clock import check_plausible
from core.errors import InvalidInput, WrongState
from core.text import given_reason
from grants.models import Proposal
from grants.services import access, decisions
from notifications.deadlines import end_deadline, set_deadline
from notifications.services import queue_notice
from reviews import conflicts
from reviews.errors import Conflicted, LoadFull
from reviews.models import CallRubric, Review, Reviewer, ReviewStep
from reviews.services.steps import locked_review, move

ASSIGNABLE = (Proposal.Status.ELIGIBLE, Proposal.Status.UNDER_REVIEW)


@transaction.atomic
def assign(
    proposal: Proposal, reviewer: User, *, actor: User | None, at: dt.datetime, due_at: dt.datetime | None = None
) -> Review:
    """Invite a person of the pool to review a proposal. The first assignment brings the proposal under review.

    Refused before triage, against a conflict known or found, above the reviewer's load, and a second time. The load is of
    the reviews that `actor` may learn of: a refusal must not tell an officer with a conflict of a hidden one.
    """
    held = Proposal.objects.select_for_update(of=("self",)).select_related("call", "stage").get(pk=proposal.pk)
    member = Reviewer.objects.select_for_update().filter(user=reviewer, active=True).first()
    _check(held, reviewer, member, actor)
    chosen = CallRubric.objects.filter(call=held.call).first()
    if chosen is None:
        raise WrongState("This call has no rubric yet. Choose one before reviewers are assigned.")
    due = due_at or conflicts.deadline_of(chosen.reviews_due_at, held.stage.closes_at)
    check_plausible(due, field="due_at")
    if due <= at:
        raise InvalidInput("Reviews were due before now. Give a later time.", field="due_at")
    if held.status == Proposal.Status.ELIGIBLE:
        held = decisions.set_under_review(held, actor=actor, at=at)
    review = Review.objects.create(
        proposal=held,
        reviewer=reviewer,
        rubric_version_id=chosen.version_id,
        assigned_by=actor,
        assigned_at=at,
        due_at=due,
        zone=held.stage.zone,
        updated_at=at,
    )
    ReviewStep.objects.create(subject=review, state=review.status, at=at, actor=actor)
    record(actor, "review.assigned", review, at=at, subject=held, after={"reviewer": str(reviewer.pk), "due_at": due})
    _announce(review, at=at)
    return review


def _check(proposal: Proposal, reviewer: User, member: Reviewer | None, actor: User | None) -> None:
    if proposal.status not in ASSIGNABLE:
        raise WrongState(
            f"This proposal is {proposal.get_status_display().lower()}; only eligible ones are given to reviewers."
        )
    if member is None:
        raise InvalidInput(f"{reviewer} is not in the pool of reviewers.", field="reviewer")
    reason = conflicts.standing(proposal, User.objects.filter(pk=reviewer.pk)).get(reviewer.pk)
    if reason is not None:
        raise Conflicted(f"{reviewer} can't review this proposal. {reason}", field="reviewer")
    if Review.objects.filter(proposal=proposal, reviewer=reviewer).exists():
        raise WrongState(f"{reviewer} was asked to review this proposal already.")
    known = Review.objects.all() if actor is None else Review.objects.visible_to(actor)
    load = known.outstanding().filter(reviewer=reviewer).count()
    if load >= member.most_reviews:
        raise LoadFull(f"{reviewer} has {load} reviews to do and takes on no more.", field="reviewer")


def _announce(review: Review, *, at: dt.datetime) -> None:
    proposal, path = review.proposal, review.get_absolute_url()
    title = _("Review of %(number)s") % {"number": proposal.number}
    set_deadline(
        kind="review.due",
        subject=review,
        about=proposal,
        title=title,
        due_at=review.due_at,
        zone=review.zone,
        path=path,
        at=at,
    )
    queue_notice(
        kind="review.invited",
        key=f"review.invited:{review.pk}",
        subject=_("Would you review a proposal for %(call)s?") % {"call": proposal.call.title},
        body=_(
            "You are asked to review “%(title)s” (%(number)s). Please look whether you have a conflict of interest, and "
            "accept or decline."
        )
        % {"title": proposal.title, "number": proposal.number},
        path=path,
        recipient=review.reviewer,
        about=proposal,
        at=at,
    )


@transaction.atomic
def withdraw_review(review: Review, *, reason: str, actor: User, at: dt.datetime) -> Review:
    """Staff take an assignment back. What was written is kept; its scores don't count."""
    reason = given_reason(reason, "Say why the review is taken back.")
    held = locked_review(review)
    move(held, Review.Status.WITHDRAWN, actor=actor, at=at, reason=reason.strip())
    access.revoke(held.proposal, held.reviewer, "reviewer")
    end_deadline(kind="review.due", subject=held, at=at)
    queue_notice(
        kind="review.withdrawn",
        key=f"review.withdrawn:{held.pk}:{held.version}",
        subject=_("A review is no longer needed"),
        body=_("Your review of %(number)s is no longer needed. Thank you for your readiness.")
        % {"number": held.proposal.number},
        recipient=held.reviewer,
        about=held.proposal,
        at=at,
    )
    return held


@transaction.atomic
def move_due(review: Review, due_at: dt.datetime, *, actor: User, at: dt.datetime) -> Review:
    """Give a reviewer more time, or less; reminders follow."""
    check_plausible(due_at, field="due_at")
    if due_at <= at:
        raise InvalidInput("The new time must lie ahead.", field="due_at")
    held = locked_review(review)
    if held.status not in Review.OUTSTANDING:
        raise WrongState("This review is not outstanding.")
    before = held.due_at
    held.due_at, held.updated_at = due_at, at
    held.save(update_fields=["due_at", "updated_at"])
    title = _("Review of %(number)s") % {"number": held.proposal.number}
    path = held.get_absolute_url()
    set_deadline(
        kind="review.due",
        subject=held,
        about=held.proposal,
        title=title,
        due_at=due_at,
        zone=held.zone,
        path=path,
        at=at,
    )
    record(
        actor,
        "review.due_moved",
        held,
        at=at,
        subject=held.proposal,
        before={"due_at": before},
        after={"due_at": due_at},
    )
    return held
