"""Who may do what with reviews; each answers None, or the reason why not."""

from django.utils.translation import gettext as _

from accounts.models import Role, User
from grants.models import Call, Proposal
from grants.rules.calls import may_be_decided
from reviews.conflicts import stands_apart
from reviews.models import REVIEW_STAFF, Review


def can_run_reviews(user: User) -> str | None:
    """Assign, chase, decide conflicts, choose rubrics."""
    return None if user.has_role(Role.PROGRAMME_OFFICER) else _("Reviews are run by programme officers.")


def can_see_board(user: User) -> str | None:
    return None if user.has_role(*REVIEW_STAFF) else _("The reviews board is for staff who run or check reviews.")


def can_declare(user: User) -> str | None:
    """Whoever learns of reviews as staff can say of themselves that they must not of one."""
    return can_see_board(user)


def can_assign(user: User, proposal: Proposal) -> str | None:
    """An officer who may learn of this proposal's review; a deputy does it where a conflict stands against it."""
    if (reason := can_run_reviews(user)) is not None:
        return reason
    if not Proposal.objects.filter(pk=proposal.pk).reviewable_by(user).exists():
        return _("You are part of this proposal or have a conflict with it; a colleague assigns its reviewers.")
    return None


def can_set_rubric(user: User, call: Call) -> str | None:
    """Whether it can still be exchanged tells whether there are reviews: so not by whom a conflict keeps from them."""
    if (reason := can_run_reviews(user)) is not None:
        return reason
    if stands_apart(user, call):
        return _("You have a conflict with a proposal of this call; a colleague chooses its rubric.")
    return None


def can_answer(user: User, review: Review) -> str | None:
    if review.reviewer_id != user.pk:
        return _("This invitation is somebody else's.")
    if review.status != Review.Status.INVITED:
        return _("You have answered this invitation.")
    return None


def can_write(user: User, review: Review) -> str | None:
    """The reviewer, once accepted, until it is handed in."""
    if review.reviewer_id != user.pk:
        return _("Only its reviewer writes a review.")
    if review.status not in {Review.Status.ACCEPTED, Review.Status.DRAFT, Review.Status.REOPENED}:
        return _("This review is %(state)s; nothing more can be written.") % {
            "state": str(review.get_status_display()).lower()
        }
    return None


def can_recuse(user: User, review: Review) -> str | None:
    if review.reviewer_id != user.pk:
        return _("Only its reviewer can recuse.")
    if review.status in {Review.Status.DECLINED, Review.Status.FINAL}:
        return _("This review is over.")
    return None


def can_reopen(user: User, review: Review) -> str | None:
    if (reason := can_run_reviews(user)) is not None:
        return reason
    if review.reviewer_id == user.pk:
        return _("Nobody opens their own review again.")
    return None if review.status == Review.Status.SUBMITTED else _("Only a submitted review can be opened again.")


def can_recommend(user: User, call: Call) -> str | None:
    if (reason := can_run_reviews(user)) is not None:
        return reason
    if not may_be_decided(call):
        return _("Proposals are recommended after the call has closed and before it is decided.")
    return None
