"""The five-year budget and its ledger. Knows no proposal, award or member: they point here, to a `Subaccount`."""

import datetime as dt

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.models import UUIDModel, append_only
from core.money import MoneyField
from funds import triggers
from funds.readers import reads_entries, reads_positions


class FundQuerySet(models.QuerySet["Fund"]):
    def visible_to(self, user: User) -> "FundQuerySet":
        """A fund and what its years hold: staff, the board and the members' representatives."""
        return self if reads_positions(user) else self.none()


class Fund(UUIDModel):
    """One pool of money with one currency. The ceilings of its years sum to `total`.

    `minor_units` is how many decimals the currency has (ISO 4217); the ledger takes no finer amount.
    """

    code = models.SlugField(max_length=16, unique=True)
    name = models.CharField(max_length=200)
    currency = models.CharField(max_length=3)
    minor_units = models.PositiveSmallIntegerField()
    total = MoneyField()
    created_at = models.DateTimeField()

    objects = FundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(total__gt=0), name="fund_total_positive"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="fund_currency_iso"),
            models.CheckConstraint(condition=Q(minor_units__lte=4), name="fund_minor_units_as_stored"),
        ]
        triggers = [triggers.currency_stays()]

    def __str__(self) -> str:
        return self.name


class DateRange(Func):
    function = "daterange"
    output_field = DateRangeField()


class FundYearQuerySet(models.QuerySet["FundYear"]):
    def visible_to(self, user: User) -> "FundYearQuerySet":
        return self if reads_positions(user) else self.none()


class FundYear(UUIDModel):
    """A fiscal year of a fund, from `starts_on` up to but not including `ends_before`. Years of a fund don't overlap."""

    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="years")
    number = models.PositiveSmallIntegerField()
    starts_on = models.DateField()
    ends_before = models.DateField()

    objects = FundYearQuerySet.as_manager()

    class Meta:
        ordering = ["fund", "number"]
        constraints = [
            models.UniqueConstraint(fields=["fund", "number"], name="fund_year_once"),
            models.CheckConstraint(condition=Q(ends_before__gt=F("starts_on")), name="fund_year_ends_after_start"),
            ExclusionConstraint(
                name="fund_year_no_overlap",
                expressions=[
                    ("fund", RangeOperators.EQUAL),
                    (DateRange("starts_on", "ends_before"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fund.code} year {self.number}"

    @property
    def label(self) -> str:
        """`2026` for a calendar year, `2026/27` for one that runs into the next."""
        first, last = self.starts_on.year, (self.ends_before - dt.timedelta(days=1)).year
        return str(first) if first == last else f"{first}/{last % 100:02d}"


class AccountQuerySet(models.QuerySet["Account"]):
    def visible_to(self, user: User) -> "AccountQuerySet":
        return self if reads_entries(user) else self.none()


class Account(UUIDModel):
    """One account of a fund's chart (`funds.chart`, docs/ledger.md)."""

    class Side(models.TextChoices):
        DEBIT = "D", _("Debit")
        CREDIT = "C", _("Credit")

    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="accounts")
    code = models.CharField(max_length=8)
    name = models.CharField(max_length=60)
    book = models.CharField(max_length=10, choices=[("authority", _("Authority")), ("cash", _("Cash"))])
    side = models.CharField(max_length=1, choices=Side)
    by_year = models.BooleanField()
    by_subaccount = models.BooleanField()

    objects = AccountQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fund", "code"], name="account_code_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Subaccount(UUIDModel):
    """The ledger's own name for an award or a pledge; the app that owns the thing points here."""

    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="subaccounts")
    kind = models.CharField(max_length=8, choices=[("award", _("Award")), ("pledge", _("Pledge"))])
    code = models.CharField(max_length=40)
    label = models.CharField(max_length=255)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fund", "kind", "code"], name="subaccount_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.label}"


class LedgerHead(models.Model):
    """The end of a fund's chain. Its row lock gives the fund's entries one order."""

    fund = models.OneToOneField(Fund, on_delete=models.PROTECT, primary_key=True, related_name="head")
    sequence = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)
    posted_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.fund_id}: {self.sequence}"


class EntryQuerySet(models.QuerySet["Entry"]):
    def visible_to(self, user: User) -> "EntryQuerySet":
        """Entries name people and awards: finance, auditors and administrators only."""
        return self if reads_entries(user) else self.none()


class Entry(UUIDModel):
    """One event of the ledger, with its lines. Append-only; a mistake is reversed."""

    class Event(models.TextChoices):
        CEILING_SET = "ceiling.set", _("Ceilings set")
        APPROPRIATION = "appropriation", _("Appropriation")
        COMMITMENT = "commitment", _("Commitment")
        DECOMMITMENT = "decommitment", _("Commitment given back")
        OBLIGATION = "obligation", _("Obligation")
        DEOBLIGATION = "deobligation", _("Obligation given back")
        PAYMENT_APPROVED = "payment.approved", _("Payment approved")
        PAYMENT_SETTLED = "payment.settled", _("Payment settled")
        PAYMENT_FAILED = "payment.failed", _("Payment failed")
        PAYMENT_RETURNED = "payment.returned", _("Payment returned")
        CARRY_FORWARD = "carry_forward", _("Carried forward")
        PLEDGE = "pledge", _("Pledge")
        CONTRIBUTION = "contribution", _("Contribution")
        PLEDGE_WRITTEN_OFF = "pledge.written_off", _("Pledge written off")
        REVERSAL = "reversal", _("Reversal")

    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="entries")
    sequence = models.PositiveBigIntegerField()
    event = models.CharField(max_length=32, choices=Event)
    effective_on = models.DateField()
    posted_at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    text = models.CharField(max_length=500)
    source = models.CharField(max_length=120, blank=True)
    key = models.CharField(max_length=120, null=True)  # noqa: DJ001  NULL: no idempotency key; unique otherwise
    content = models.CharField(max_length=64)
    reverses = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversed_by")
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    objects = EntryQuerySet.as_manager()

    class Meta:
        ordering = ["fund", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["fund", "sequence"], name="entry_sequence_once"),
            models.UniqueConstraint(fields=["fund", "key"], name="entry_key_once"),
        ]
        indexes = [
            models.Index(fields=["fund", "posted_at"], name="entry_by_posting"),
            models.Index(fields=["posted_at", "sequence", "id"], name="entry_by_time"),
            models.Index(fields=["effective_on", "id"], name="entry_by_effect"),
        ]
        triggers = [*append_only(), triggers.entry_has_lines(), triggers.reversal_by_another()]

    def __str__(self) -> str:
        return f"{self.fund_id} #{self.sequence} {self.event}"


class LineQuerySet(models.QuerySet["Line"]):
    def visible_to(self, user: User) -> "LineQuerySet":
        return self if reads_entries(user) else self.none()


class Line(models.Model):
    """One side of an entry: a positive amount debited or credited to an account, per fund year and subaccount."""

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="lines")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="lines")
    fund_year = models.ForeignKey(FundYear, null=True, on_delete=models.PROTECT, related_name="lines")
    subaccount = models.ForeignKey(Subaccount, null=True, on_delete=models.PROTECT, related_name="lines")
    side = models.CharField(max_length=1, choices=Account.Side)
    amount = MoneyField()

    objects = LineQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="line_amount_positive"),
            models.CheckConstraint(condition=Q(side__in=["D", "C"]), name="line_side"),
        ]
        triggers = [
            *append_only(),
            triggers.line_fits_account(),
            triggers.keep_balance(),
            triggers.entry_balances(),
            triggers.ceilings_sum_to_total(),
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.amount} {self.account_id}"


class Balance(models.Model):
    """What an account holds on its normal side, per fund year and subaccount. Kept by a trigger on lines alone."""

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="balances")
    fund_year = models.ForeignKey(FundYear, null=True, on_delete=models.PROTECT, related_name="balances")
    subaccount = models.ForeignKey(Subaccount, null=True, on_delete=models.PROTECT, related_name="balances")
    amount = MoneyField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "fund_year", "subaccount"], name="balance_once", nulls_distinct=False
            ),
            # Laws 2 and 3: nothing is appropriated above its ceiling, reserved above what is free, paid above what is
            # obligated, or sent from cash that has not arrived.
            models.CheckConstraint(condition=Q(amount__gte=0), name="balance_not_overdrawn"),
        ]
        triggers = [triggers.balance_only_by_lines()]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.amount}"
