"""Money on its way to a university: requested by its office, approved and released by two different finance people."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from awards.models.awards import Award, Instalment
from core.models import StateChange, UUIDModel, append_only
from core.money import MoneyField
from funds.models import Fund
from universities.models import BankAccount

PAYMENT_STAFF = (Role.FINANCE_OFFICER, Role.FINANCE_APPROVER, Role.AUDITOR)


class PaymentBatchQuerySet(models.QuerySet["PaymentBatch"]):
    def visible_to(self, user: User) -> Self:
        return self if user.has_role(*PAYMENT_STAFF) else self.none()


class PaymentBatch(UUIDModel):
    """Payments that go to the bank together. Who made the batch does not release it."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Being put together")
        RELEASED = "released", _("Released")
        SENT = "sent", _("Sent to the bank")
        SETTLED = "settled", _("Settled")
        CANCELLED = "cancelled", _("Cancelled")

    number = models.CharField(max_length=20, unique=True)
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="batches")
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = PaymentBatchQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(released_by=None) | ~Q(released_by=F("made_by")), name="batch_maker_checker"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["released", "sent", "settled"]) | Q(released_by__isnull=False),
                name="batch_released_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("awards:batch", args=[self.number])


class PaymentBatchStep(StateChange):
    subject = models.ForeignKey(PaymentBatch, on_delete=models.PROTECT, related_name="steps")

    class Meta(StateChange.Meta):
        triggers = append_only()

    @property
    def label(self) -> str:
        return str(PaymentBatch.Status(self.state).label)


class DisbursementQuerySet(models.QuerySet["Disbursement"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(award__in=Award.objects.visible_to(user))


class Disbursement(UUIDModel):
    """One payment of one instalment. The three people who move it are three people."""

    class Status(models.TextChoices):
        REQUESTED = "requested", _("Requested")
        APPROVED = "approved", _("Approved")
        BATCHED = "batched", _("Released")
        SENT = "sent", _("Sent")
        SETTLED = "settled", _("Settled")
        FAILED = "failed", _("Failed")
        RETURNED = "returned", _("Returned")
        REJECTED = "rejected", _("Rejected")
        CANCELLED = "cancelled", _("Cancelled")

    LIVE = ("requested", "approved", "batched", "sent", "settled")

    number = models.CharField(max_length=24, unique=True)
    award = models.ForeignKey(Award, on_delete=models.PROTECT, related_name="disbursements")
    instalment = models.ForeignKey(Instalment, on_delete=models.PROTECT, related_name="disbursements")
    amount = MoneyField()
    status = models.CharField(max_length=10, choices=Status, default=Status.REQUESTED)
    key = models.CharField(max_length=80, unique=True, help_text=_("Idempotency key of the request."))
    note = models.TextField(blank=True)
    account = models.ForeignKey(BankAccount, null=True, on_delete=models.PROTECT, related_name="+")
    batch = models.ForeignKey(PaymentBatch, null=True, on_delete=models.PROTECT, related_name="disbursements")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    released_at = models.DateTimeField(null=True, blank=True)
    settled_on = models.DateField(null=True, blank=True)
    bank_reference = models.CharField(max_length=80, blank=True)
    gate = models.JSONField(default=list, blank=True, help_text=_("The conditions as they held when it was released."))

    objects = DisbursementQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["status", "id"], name="disbursement_by_status"),
            models.Index(fields=["requested_at", "id"], name="disbursement_by_request"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="disbursement_amount_positive"),
            models.CheckConstraint(
                condition=(Q(approved_by=None) | ~Q(approved_by=F("requested_by")))
                & (Q(released_by=None) | ~Q(released_by=F("requested_by")) & ~Q(released_by=F("approved_by"))),
                name="disbursement_three_people",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["requested", "rejected", "cancelled"]) | Q(approved_by__isnull=False),
                name="disbursement_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["sent", "settled"]) | Q(released_by__isnull=False, account__isnull=False),
                name="disbursement_released_by_somebody",
            ),
            # One instalment is paid once: a failed, returned, rejected or cancelled payment makes room for another.
            models.UniqueConstraint(
                fields=["instalment"],
                condition=Q(status__in=["requested", "approved", "batched", "sent", "settled"]),
                name="instalment_one_live_payment",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("awards:payment", args=[self.number])


class DisbursementStep(StateChange):
    subject = models.ForeignKey(Disbursement, on_delete=models.PROTECT, related_name="steps")

    class Meta(StateChange.Meta):
        triggers = append_only()

    @property
    def label(self) -> str:
        return str(Disbursement.Status(self.state).label)
