"""The five-year budget and its ledger. Knows no proposal, award or member: they point here, to a `Subaccount`."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from core.models import UUIDModel, append_only
from core.money import MoneyField
from funds import triggers


class Fund(UUIDModel):
    """One pool of money with one currency. The ceilings of its years sum to `total`."""

    code = models.SlugField(max_length=16, unique=True)
    name = models.CharField(max_length=200)
    currency = models.CharField(max_length=3)
    total = MoneyField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(total__gt=0), name="fund_total_positive"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="fund_currency_iso"),
        ]

    def __str__(self) -> str:
        return self.name


class DateRange(Func):
    function = "daterange"
    output_field = DateRangeField()


class FundYear(UUIDModel):
    """A fiscal year of a fund, from `starts_on` up to but not including `ends_before`. Years of a fund don't overlap."""

    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="years")
    number = models.PositiveSmallIntegerField()
    starts_on = models.DateField()
    ends_before = models.DateField()

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


class Entry(UUIDModel):
    """One event of the ledger, with its lines. Append-only; a mistake is reversed."""

    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="entries")
    sequence = models.PositiveBigIntegerField()
    event = models.CharField(max_length=32)
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

    class Meta:
        ordering = ["fund", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["fund", "sequence"], name="entry_sequence_once"),
            models.UniqueConstraint(fields=["fund", "key"], name="entry_key_once"),
        ]
        indexes = [models.Index(fields=["fund", "posted_at"], name="entry_by_posting")]
        triggers = [*append_only(), triggers.entry_has_lines()]

    def __str__(self) -> str:
        return f"{self.fund_id} #{self.sequence} {self.event}"


class Line(models.Model):
    """One side of an entry: a positive amount debited or credited to an account, per fund year and subaccount."""

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="lines")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="lines")
    fund_year = models.ForeignKey(FundYear, null=True, on_delete=models.PROTECT, related_name="lines")
    subaccount = models.ForeignKey(Subaccount, null=True, on_delete=models.PROTECT, related_name="lines")
    side = models.CharField(max_length=1, choices=Account.Side)
    amount = MoneyField()

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
