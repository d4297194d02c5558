"""Rates of indirect costs, and where a university's money goes."""

import datetime as dt

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from accounts.models import Role, User
from core.models import StateChange, UUIDModel, append_only
from universities import triggers
from universities.models.directory import University
from universities.models.people import office_universities

FINANCE = (Role.FINANCE_OFFICER, Role.FINANCE_APPROVER)


class DateRange(Func):
    function = "daterange"
    output_field = DateRangeField()


class IndirectRateQuerySet(models.QuerySet["IndirectRate"]):
    def visible_to(self, user: User) -> "IndirectRateQuerySet":
        """Agreed rates are open to everybody signed in: budgets are written with them."""
        return self.filter(university__in=University.objects.visible_to(user))


class IndirectRate(UUIDModel):
    """A university's agreed rate of indirect costs on one base, from `starts_on` up to but not including `ends_before`."""

    class Base(models.TextChoices):
        TOTAL_DIRECT = "total_direct", _("Total direct costs")
        MODIFIED_TOTAL_DIRECT = "modified_total_direct", _("Modified total direct costs")
        SALARIES = "salaries", _("Salaries and wages")

    university = models.ForeignKey(University, on_delete=models.PROTECT, related_name="rates")
    base = models.CharField(_("base"), max_length=24, choices=Base, default=Base.MODIFIED_TOTAL_DIRECT)
    rate = models.DecimalField(_("rate"), max_digits=6, decimal_places=5)
    starts_on = models.DateField(_("from"))
    ends_before = models.DateField(_("until (not included)"), null=True, blank=True)
    reference = models.CharField(_("agreement"), max_length=200, blank=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    objects = IndirectRateQuerySet.as_manager()

    class Meta:
        ordering = ["base", "-starts_on"]
        constraints = [
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lte="1.5"), name="indirect_rate_sane"),
            models.CheckConstraint(
                condition=Q(ends_before=None) | Q(ends_before__gt=F("starts_on")), name="indirect_rate_ends_after_start"
            ),
            ExclusionConstraint(
                name="indirect_rate_no_overlap",
                expressions=[
                    ("university", RangeOperators.EQUAL),
                    ("base", RangeOperators.EQUAL),
                    (DateRange("starts_on", "ends_before"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.university}: {self.rate:.2%} of {self.get_base_display()}"

    @property
    def last_day(self) -> dt.date | None:
        return self.ends_before - dt.timedelta(days=1) if self.ends_before else None


class BankAccountQuerySet(models.QuerySet["BankAccount"]):
    def visible_to(self, user: User) -> "BankAccountQuerySet":
        """The university's own office, finance and auditors; nobody else, not even administrators."""
        if user.has_role(*FINANCE, Role.AUDITOR):
            return self
        return self.filter(university__in=office_universities(user))


class BankAccount(UUIDModel):
    """Where a university is paid. Entered by one person, confirmed by another, never edited: a change is a new row."""

    class Status(models.TextChoices):
        ENTERED = "entered", _("Waiting to be confirmed")
        CONFIRMED = "confirmed", _("Confirmed")
        REPLACED = "replaced", _("Replaced")
        REJECTED = "rejected", _("Rejected")

    university = models.ForeignKey(University, on_delete=models.PROTECT, related_name="bank_accounts")
    holder = models.CharField(_("account holder"), max_length=140)
    bank_name = models.CharField(_("bank"), max_length=140, blank=True)
    iban = models.CharField(_("IBAN"), max_length=34, blank=True)
    account_number = models.CharField(_("account number"), max_length=34, blank=True)
    bank_identifier = models.CharField(_("BIC or routing number"), max_length=20, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    country = CountryField(_("country of the bank"))
    status = models.CharField(max_length=10, choices=Status, default=Status.ENTERED)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    usable_from = models.DateTimeField(null=True, blank=True)

    objects = BankAccountQuerySet.as_manager()

    class Meta:
        ordering = ["-entered_at"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(iban="") | ~Q(account_number="") & ~Q(bank_identifier=""), name="bank_account_has_number"
            ),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="bank_account_currency_iso"),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("entered_by")), name="bank_account_maker_not_checker"
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=["confirmed", "replaced"],
                    confirmed_by__isnull=False,
                    confirmed_at__isnull=False,
                    usable_from__isnull=False,
                )
                | Q(status__in=["entered", "rejected"], confirmed_by=None, confirmed_at=None, usable_from=None),
                name="bank_account_confirmed_whole",
            ),
            models.UniqueConstraint(
                fields=["university", "currency"], condition=Q(status="confirmed"), name="bank_account_one_in_use"
            ),
            models.UniqueConstraint(
                fields=["university", "currency"], condition=Q(status="entered"), name="bank_account_one_waiting"
            ),
        ]
        triggers = triggers.bank_account_facts_stay()

    def __str__(self) -> str:
        return f"{self.university}: {self.number_masked}"

    @property
    def number(self) -> str:
        return self.iban or self.account_number

    @property
    def iban_grouped(self) -> str:
        """In fours, as on paper: this is how two people compare it."""
        return " ".join(self.iban[i : i + 4] for i in range(0, len(self.iban), 4))

    @property
    def number_masked(self) -> str:
        """Enough to recognise it by, in lists, notices and the audit trail."""
        return f"•••• {self.number[-4:]}"


class BankAccountStep(StateChange):
    subject = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="steps")

    class Meta(StateChange.Meta):
        triggers = append_only()

    @property
    def label(self) -> str:
        return str(BankAccount.Status(self.state).label)
