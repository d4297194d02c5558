"""A reviewer's part: what is left, by when, how long it takes."""

import datetime as dt
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from reports.homes.base import Part, Task
from reviews import reading
from reviews.models import Review

DONE = (Review.Status.SUBMITTED, Review.Status.FINAL)


@dataclass(frozen=True)
class Left:
    review: Review
    minutes: int
    late: bool


@dataclass(frozen=True, kw_only=True)
class ReviewerHome(Part):
    template = "reports/home/_reviewer.html"
    title = gettext_lazy("Your reviews")
    icon = "checklist"

    left: list[Left]
    done: int

    @property
    def minutes(self) -> int:
        return sum(one.minutes for one in self.left)

    @property
    def invited(self) -> int:
        return sum(one.review.status == Review.Status.INVITED for one in self.left)

    @property
    def late(self) -> int:
        return sum(one.late for one in self.left)

    @property
    def all(self) -> int:
        return len(self.left) + self.done

    @property
    def percent(self) -> float:
        return 100 * self.done / self.all if self.all else 0


def gather(user: User, at: dt.datetime) -> ReviewerHome:
    """One query."""
    rows = reading.with_minutes(Review.objects.visible_to(user).filter(reviewer=user))
    reviews = list(rows.select_related("proposal__call").order_by("due_at", "id"))
    left = [
        Left(review, reading.minutes(getattr(review, "characters", None)), review.is_late(at))
        for review in reviews
        if review.status in Review.OUTSTANDING
    ]
    done = sum(review.status in DONE for review in reviews)
    return ReviewerHome(tasks=[_task(one) for one in left], left=left, done=done)


def _task(one: Left) -> Task:
    review, title = one.review, one.review.proposal.title
    if review.status == Review.Status.INVITED:
        words, act, icon = _("Answer: will you review “%(title)s”?"), _("Answer"), "mail"
    elif review.status == Review.Status.ACCEPTED:
        words, act, icon = _("Review “%(title)s”"), _("Begin"), "checklist"
    else:
        words, act, icon = _("Finish the review of “%(title)s”"), _("Go on"), "checklist"
    said = {"number": review.proposal.number, "minutes": one.minutes}
    return Task(
        title=words % {"title": title},
        detail=_("%(number)s · about %(minutes)d minutes") % said,
        url=reverse("reviews:review", args=[review.pk]),
        act=act,
        icon=icon,
        due_at=review.due_at,
        tone="danger" if one.late else "",
    )
