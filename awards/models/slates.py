"""A slate: the set of proposals put to the board, with an amount for each in each fund year."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from alliance.models import BoardSeat, Resolution
from core.models import StateChange, UUIDModel, append_only
from core.money import MoneyField
from funds.models import Fund, FundYear
from grants.models import Call, Proposal

SLATE_STAFF = (Role.PROGRAMME_OFFICER, Role.ADMINISTRATOR, Role.AUDITOR, Role.FINANCE_OFFICER, Role.FINANCE_APPROVER)


class SlateQuerySet(models.QuerySet["Slate"]):
    def visible_to(self, user: User) -> Self:
        """Staff see every slate, the fund's board those put to it, but nobody one whose vote they recused themselves from.

        Lines of proposals that a reader is sealed off from, on the team of, or the office of are left out by
        `SlateLine.visible_to`.
        """
        open_to = Q(resolution=None) | Q(resolution__in=Resolution.objects.papers_open_to(user))
        if user.has_role(*SLATE_STAFF):
            return self.filter(open_to)
        seat = Exists(BoardSeat.objects.in_force().filter(fund=OuterRef("fund"), user=user))
        return self.filter(seat, open_to).exclude(status=Slate.Status.DRAFT)


class Slate(UUIDModel):
    """A set of decisions to be made together by one resolution."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PROPOSED = "proposed", _("Put to the board")
        ADOPTED = "adopted", _("Adopted")
        REJECTED = "rejected", _("Rejected")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    number = models.CharField(max_length=20, unique=True)
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="slates")
    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="slates")
    title = models.CharField(max_length=200)
    rationale = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    resolution = models.OneToOneField(Resolution, null=True, on_delete=models.PROTECT, related_name="slate")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    objects = SlateQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["draft", "withdrawn"]) | Q(resolution__isnull=False),
                name="slate_resolution_if_proposed",
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("awards:slate", args=[self.number])


class SlateStep(StateChange):
    subject = models.ForeignKey(Slate, on_delete=models.PROTECT, related_name="steps")

    class Meta(StateChange.Meta):
        triggers = append_only()

    @property
    def label(self) -> str:
        return str(Slate.Status(self.state).label)


class SlateLineQuerySet(models.QuerySet["SlateLine"]):
    def visible_to(self, user: User) -> Self:
        open_to = Proposal.objects.reviewable_by(user).filter(pk=OuterRef("proposal"))
        return self.filter(Exists(open_to), slate__in=Slate.objects.visible_to(user))


class SlateLine(UUIDModel):
    """What the slate says of one proposal. `amount` is the sum of its years, kept by the service.

    `version` guards against a stale write. It is the line's and not the slate's: one of the slate would tell a reader
    with a conflict that something was changed which they don't see.
    """

    class Decision(models.TextChoices):
        FUND = "fund", _("Fund")
        RESERVE = "reserve", _("Reserve list")
        DECLINE = "decline", _("Decline")

    slate = models.ForeignKey(Slate, on_delete=models.CASCADE, related_name="lines")
    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="slate_lines")
    decision = models.CharField(max_length=8, choices=Decision, default=Decision.FUND)
    rank = models.PositiveIntegerField(null=True, blank=True)
    score = models.DecimalField(max_digits=7, decimal_places=4, null=True, blank=True)
    amount = MoneyField(default=0)
    note = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = SlateLineQuerySet.as_manager()

    class Meta:
        ordering = ["rank", "id"]
        constraints = [
            models.UniqueConstraint(fields=["slate", "proposal"], name="slate_line_once"),
            models.CheckConstraint(
                condition=Q(decision="fund", amount__gt=0) | ~Q(decision="fund") & Q(amount=0),
                name="slate_line_amount_iff_funded",
            ),
        ]


class SlateLineYear(models.Model):
    """How much of a line falls into which fund year."""

    line = models.ForeignKey(SlateLine, on_delete=models.CASCADE, related_name="years")
    fund_year = models.ForeignKey(FundYear, on_delete=models.PROTECT, related_name="+")
    amount = MoneyField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "fund_year"], name="slate_line_year_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="slate_line_year_positive"),
        ]
