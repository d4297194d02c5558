"""An award: what the university was promised, by instalments, and what it reports."""

import datetime as dt
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from accounts.names import validate_zone
from awards.models.slates import SlateLine
from core.models import StateChange, UUIDModel, append_only
from core.money import MoneyField
from funds.models import Fund, FundYear, Subaccount
from grants.models import Proposal, ProposalAccess
from universities.models import OfficeMember, University

AWARD_STAFF = (Role.PROGRAMME_OFFICER, Role.FINANCE_OFFICER, Role.FINANCE_APPROVER, Role.ADMINISTRATOR, Role.AUDITOR)


class AwardQuerySet(models.QuerySet["Award"]):
    def visible_to(self, user: User) -> Self:
        """Staff see every award (an award is a public fact); the team of its proposal and its office their own."""
        if user.has_role(*AWARD_STAFF):
            return self
        team = ProposalAccess.objects.filter(
            proposal=OuterRef("proposal"), user=user, role__in=["pi", "editor", "reader"]
        )
        office = OfficeMember.objects.in_force().filter(university=OuterRef("university"), user=user)
        return self.filter(Q(Exists(team)) | Q(Exists(office)))

    def in_force(self) -> Self:
        return self.filter(status__in=[Award.Status.ACCEPTED, Award.Status.ACTIVE, Award.Status.SUSPENDED])


class Award(UUIDModel):
    """One grant. Committed when the board adopts its slate, obligated when the university accepts."""

    class Status(models.TextChoices):
        OFFERED = "offered", _("Offered")
        ACCEPTED = "accepted", _("Accepted")
        ACTIVE = "active", _("Active")
        SUSPENDED = "suspended", _("Suspended")
        CLOSING = "closing", _("Closing")
        CLOSED = "closed", _("Closed")
        TERMINATED = "terminated", _("Terminated")
        DECLINED = "declined", _("Not accepted")

    number = models.CharField(max_length=20, unique=True)
    proposal = models.OneToOneField(Proposal, on_delete=models.PROTECT, related_name="award")
    slate_line = models.OneToOneField(SlateLine, null=True, on_delete=models.PROTECT, related_name="award")
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="awards")
    subaccount = models.OneToOneField(Subaccount, on_delete=models.PROTECT, related_name="award")
    university = models.ForeignKey(University, on_delete=models.PROTECT, related_name="awards")
    pi = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=300)
    amount = MoneyField()
    status = models.CharField(max_length=10, choices=Status, default=Status.OFFERED)
    starts_on = models.DateField()
    ends_on = models.DateField()
    terms = models.TextField(blank=True)
    terms_sha256 = models.CharField(max_length=64, blank=True)
    offered_at = models.DateTimeField()
    accept_by = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    accepted_name = models.CharField(max_length=150, blank=True)

    objects = AwardQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["status", "id"], name="award_by_status"),
            models.Index(fields=["university", "id"], name="award_by_university"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="award_amount_positive"),
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="award_ends_after_start"),
            models.CheckConstraint(
                condition=Q(status__in=["offered", "declined", "terminated"]) | Q(accepted_at__isnull=False),
                name="award_accepted_at_if_binding",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("awards:award", args=[self.number])

    @property
    def currency(self) -> str:
        return self.fund.currency


class AwardStep(StateChange):
    subject = models.ForeignKey(Award, on_delete=models.PROTECT, related_name="steps")

    class Meta(StateChange.Meta):
        triggers = append_only()

    @property
    def label(self) -> str:
        return str(Award.Status(self.state).label)


class AwardReportQuerySet(models.QuerySet["AwardReport"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(award__in=Award.objects.visible_to(user))

    def overdue(self, at: dt.datetime) -> Self:
        """Due, or sent back, and past its instant: blocks the next instalment."""
        return self.filter(status__in=["due", "returned"], due_at__lte=at)


class AwardReport(UUIDModel):
    """A report that an award owes by an instant."""

    class Kind(models.TextChoices):
        PROGRESS = "progress", _("Progress report")
        FINANCIAL = "financial", _("Financial report")
        FINAL = "final", _("Final report")

    class Status(models.TextChoices):
        DUE = "due", _("Due")
        SUBMITTED = "submitted", _("Submitted")
        ACCEPTED = "accepted", _("Accepted")
        RETURNED = "returned", _("Returned")

    award = models.ForeignKey(Award, on_delete=models.PROTECT, related_name="reports")
    kind = models.CharField(max_length=10, choices=Kind)
    number = models.PositiveSmallIntegerField()
    period_from = models.DateField()
    period_to = models.DateField()
    due_at = models.DateTimeField()
    zone = models.CharField(max_length=64, default="UTC", validators=[validate_zone])
    status = models.CharField(max_length=10, choices=Status, default=Status.DUE)
    text = models.TextField(blank=True)
    spent = MoneyField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = AwardReportQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "id"]
        indexes = [models.Index(fields=["due_at", "id"], name="award_report_by_due")]
        constraints = [
            models.UniqueConstraint(fields=["award", "kind", "number"], name="award_report_once"),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("submitted_by")), name="award_report_maker_checker"
            ),
            models.CheckConstraint(condition=Q(spent=None) | Q(spent__gte=0), name="award_report_spent_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number} of {self.award.number}"


class ReportStep(StateChange):
    subject = models.ForeignKey(AwardReport, on_delete=models.PROTECT, related_name="steps")

    class Meta(StateChange.Meta):
        triggers = append_only()

    @property
    def label(self) -> str:
        return str(AwardReport.Status(self.state).label)


class Instalment(UUIDModel):
    """A part of an award: how much, from which fund year, when, and on which report it waits."""

    award = models.ForeignKey(Award, on_delete=models.PROTECT, related_name="instalments")
    number = models.PositiveSmallIntegerField()
    fund_year = models.ForeignKey(FundYear, on_delete=models.PROTECT, related_name="+")
    amount = MoneyField()
    due_on = models.DateField()
    after_report = models.ForeignKey(AwardReport, null=True, on_delete=models.PROTECT, related_name="instalments")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["award", "number"], name="instalment_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="instalment_amount_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.award.number} / {self.number}"
