"""Who sits on the board of a fund."""

import datetime as dt
from typing import Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from alliance.models.members import InstantRange
from alliance.readers import reads_members
from core.models import UUIDModel
from funds.models import Fund


class BoardSeatQuerySet(models.QuerySet["BoardSeat"]):
    def in_force(self, at: "dt.datetime | Now | None" = None) -> Self:
        at = at or Now()
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=at), starts_at__lte=at)

    def visible_to(self, user: User) -> Self:
        """Who governs the fund is no secret within the alliance."""
        return self if reads_members(user) else self.none()


class BoardSeat(UUIDModel):
    """A person's seat on a fund's board, from an instant to another. Without `voting`, one who sits in and advises."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="board_seats")
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="board_seats")
    chair = models.BooleanField(_("chair"), default=False)
    voting = models.BooleanField(_("has a vote"), default=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)

    objects = BoardSeatQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("board seat"), _("board seats")
        ordering = ["-chair", "user__name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")), name="board_seat_ends_after_start"
            ),
            models.CheckConstraint(condition=Q(chair=False) | Q(voting=True), name="board_seat_chair_votes"),
            ExclusionConstraint(
                name="board_seat_once",
                expressions=[
                    ("fund", RangeOperators.EQUAL),
                    ("user", RangeOperators.EQUAL),
                    (InstantRange("starts_at", "ends_at"), RangeOperators.OVERLAPS),
                ],
            ),
            ExclusionConstraint(
                name="board_seat_one_chair",
                expressions=[
                    ("fund", RangeOperators.EQUAL),
                    (InstantRange("starts_at", "ends_at"), RangeOperators.OVERLAPS),
                ],
                condition=Q(chair=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} on the board of {self.fund}"
