"""What every move of a review does: the check, the row, its step, its record."""

import datetime as dt
from typing import Any

from accounts.models import User
from audit.services import record
from core.states import check_move
from reviews import transitions
from reviews.models import Review, ReviewStep


def locked_review(review: Review) -> Review:
    """The row as it is now, held by this transaction."""
    return Review.objects.select_for_update(of=("self",)).select_related("proposal__call", "reviewer").get(pk=review.pk)


def move(
    review: Review,
    to: str,
    *,
    actor: User | None,
    at: dt.datetime,
    reason: str = "",
    after: dict[str, Any] | None = None,
) -> None:
    """Bring a locked review to `to`; the caller has set the other fields."""
    check_move(review, to, transitions.REVIEW)
    before = review.status
    review.status, review.updated_at = to, at
    review.version += 1
    review.save()
    ReviewStep.objects.create(subject=review, state=to, at=at, actor=actor, reason=reason)
    record(
        actor,
        f"review.{to}",
        review,
        at=at,
        subject=review.proposal,
        before={"status": before},
        after={"status": to, **({"reason": reason} if reason else {}), **(after or {})},
    )
