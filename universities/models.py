"""Universities, who belongs to them, who may act for them, and where their money goes."""

import datetime as dt

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Case, F, Func, IntegerField, Q, Value, When
from django.db.models.functions import Length, Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from accounts.models import Role, User
from core.imports import FileImport
from core.models import StateChange, UUIDModel, append_only
from universities import triggers
from universities.identifiers import fold

MANAGERS = (Role.ADMINISTRATOR, Role.PROGRAMME_OFFICER)
FINANCE = (Role.FINANCE_OFFICER, Role.FINANCE_APPROVER)


class UniversityQuerySet(models.QuerySet["University"]):
    def visible_to(self, user: User) -> "UniversityQuerySet":
        """The directory is open to everybody signed in; a proposed entry to who proposed it and to staff, until listed."""
        if user.has_role(*Role.values):
            return self
        return self.filter(Q(status=University.Status.LISTED) | Q(proposed_by=user))

    def active(self) -> "UniversityQuerySet":
        """Those that can be chosen: listed, and not merged into another."""
        return self.filter(status=University.Status.LISTED)

    def search(self, text: str) -> "UniversityQuerySet":
        """Every word of `text` occurs in a name, the place or a domain, whatever the script, accents and case."""
        found = self
        for word in fold(text).split():
            found = found.filter(search_text__contains=word)
        return found

    def best_first(self, text: str) -> "UniversityQuerySet":
        """Names that begin with `text`, then those with a word that does, then the rest; short names first."""
        wanted = fold(text)
        rank = Case(
            When(search_text__startswith=wanted, then=Value(0)),
            When(Q(search_text__contains=f" {wanted}") | Q(search_text__contains=f"\n{wanted}"), then=Value(1)),
            default=Value(2),
            output_field=IntegerField(),
        )
        return self.order_by(rank, Length("name"), "name", "id")


class University(UUIDModel):
    """An institution that may ask for money. `search_text` is kept by the services (`universities.identifiers.fold`)."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        LISTED = "listed", _("Listed")
        MERGED = "merged", _("Merged")
        REFUSED = "refused", _("Refused")

    name = models.CharField(_("name"), max_length=255)
    short_name = models.CharField(_("short name"), max_length=40, blank=True)
    country = CountryField(_("country"))
    region = models.CharField(_("state or province"), max_length=100, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    ror_id = models.CharField(_("ROR id"), max_length=9, null=True, blank=True, unique=True)
    website = models.URLField(_("website"), max_length=300, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.LISTED)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    search_text = models.TextField(blank=True, editable=False)
    created_at = models.DateTimeField()

    objects = UniversityQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("university"), _("universities")
        indexes = [
            GinIndex(fields=["search_text"], opclasses=["gin_trgm_ops"], name="university_search"),
            models.Index(fields=["name", "id"], name="university_by_name"),
            models.Index(fields=["country", "name", "id"], name="university_by_country"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="university_has_name"),
            models.CheckConstraint(
                condition=Q(ror_id=None) | Q(ror_id__regex=r"^0[a-hj-km-np-tv-z0-9]{6}[0-9]{2}$"),
                name="university_ror_form",
            ),
            models.CheckConstraint(
                condition=Q(status="merged", merged_into__isnull=False)
                | ~Q(status="merged") & Q(merged_into__isnull=True),
                name="university_merged_into_iff_merged",
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | ~Q(merged_into=F("id")), name="university_not_merged_into_itself"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("universities:university", args=[self.pk])

    @property
    def place(self) -> str:
        return ", ".join(filter(None, [self.city, self.region, self.country.name]))

    @property
    def ror_url(self) -> str:
        return f"https://ror.org/{self.ror_id}" if self.ror_id else ""


class UniversityStep(StateChange):
    subject = models.ForeignKey(University, on_delete=models.PROTECT, related_name="steps")

    class Meta(StateChange.Meta):
        triggers = append_only()


class UniversityName(UUIDModel):
    """Another name by which a university is found: in other languages, former ones, acronyms."""

    university = models.ForeignKey(University, on_delete=models.CASCADE, related_name="other_names")
    name = models.CharField(max_length=255)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["university", "name"], name="university_name_once"),
            models.CheckConstraint(condition=~Q(name=""), name="university_other_name_not_empty"),
        ]

    def __str__(self) -> str:
        return self.name


class Domain(UUIDModel):
    """An internet domain of one university: a confirmed address under it confirms an affiliation."""

    university = models.ForeignKey(University, on_delete=models.PROTECT, related_name="domains")
    domain = models.CharField(max_length=253, unique=True)

    class Meta:
        ordering = ["domain"]
        constraints = [models.CheckConstraint(condition=Q(domain=Lower("domain")), name="domain_lower_case")]

    def __str__(self) -> str:
        return self.domain


class AffiliationQuerySet(models.QuerySet["Affiliation"]):
    def visible_to(self, user: User) -> "AffiliationQuerySet":
        """One's own, those of universities whose office one is of, and all for staff who deal with people."""
        if user.has_role(*MANAGERS, Role.AUDITOR):
            return self
        return self.filter(Q(user=user) | Q(university__in=office_universities(user)))

    def claimed(self) -> "AffiliationQuerySet":
        return self.filter(status=Affiliation.Status.CLAIMED)

    def confirmed(self) -> "AffiliationQuerySet":
        return self.filter(status=Affiliation.Status.CONFIRMED)


class Affiliation(UUIDModel):
    """A person says that they work at a university; its email domain or its research office confirms it.

    `decided_at` without `decided_by`: confirmed by the address. Nobody decides about their own.
    """

    class Status(models.TextChoices):
        CLAIMED = "claimed", _("Waiting to be confirmed")
        CONFIRMED = "confirmed", _("Confirmed")
        REJECTED = "rejected", _("Not confirmed")
        ENDED = "ended", _("Ended")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="affiliations")
    university = models.ForeignKey(University, on_delete=models.PROTECT, related_name="affiliations")
    department = models.CharField(_("department"), max_length=150, blank=True)
    position = models.CharField(_("position"), max_length=150, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.CLAIMED)
    claimed_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = AffiliationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "university"],
                condition=Q(status__in=["claimed", "confirmed"]),
                name="affiliation_open_once",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("user")), name="affiliation_not_decided_by_oneself"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["confirmed", "rejected"]) | Q(decided_at__isnull=False),
                name="affiliation_decided_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(status="claimed") | Q(decided_at=None, decided_by=None), name="affiliation_claim_undecided"
            ),
            models.CheckConstraint(
                condition=Q(status="ended", ended_at__isnull=False) | ~Q(status="ended") & Q(ended_at__isnull=True),
                name="affiliation_ended_at_iff_ended",
            ),
        ]
        indexes = [
            models.Index(
                fields=["university", "claimed_at"], name="affiliation_to_decide", condition=Q(status="claimed")
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.university}"

    @property
    def by_address(self) -> bool:
        """Confirmed by the email address, no person had to."""
        return self.decided_at is not None and self.decided_by_id is None


class AffiliationStep(StateChange):
    subject = models.ForeignKey(Affiliation, on_delete=models.PROTECT, related_name="steps")

    class Meta(StateChange.Meta):
        triggers = append_only()


class OfficeMemberQuerySet(models.QuerySet["OfficeMember"]):
    def in_force(self, at: dt.datetime | None = None) -> "OfficeMemberQuerySet":
        now = at or timezone.now()
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now)

    def visible_to(self, user: User) -> "OfficeMemberQuerySet":
        """Whom to ask is known to everybody signed in; who it was in the past, to the office and staff."""
        if user.has_role(*Role.values):
            return self
        return self.filter(
            Q(university__in=office_universities(user)) | Q(pk__in=OfficeMember.objects.in_force().values("pk"))
        )


class OfficeMember(UUIDModel):
    """A person of a university's research office. Ended, never deleted; nobody adds themselves."""

    class Kind(models.TextChoices):
        OFFICER = "officer", _("Research office")
        AUTHORISED_REPRESENTATIVE = "authorised_representative", _("Authorised representative")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="offices")
    university = models.ForeignKey(University, on_delete=models.PROTECT, related_name="office")
    role = models.CharField(_("role"), max_length=28, choices=Kind, default=Kind.OFFICER)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    objects = OfficeMemberQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "university"], condition=Q(ends_at=None), name="office_member_once"
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")), name="office_member_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(added_by=None) | ~Q(added_by=F("user")), name="office_member_not_by_oneself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.university} ({self.get_role_display()})"


def office_universities(user: User) -> models.QuerySet[OfficeMember]:
    """Ids of the universities whose research office `user` is of now, for use in other queries."""
    return OfficeMember.objects.in_force().filter(user_id=user.pk).values("university")  # type: ignore[return-value]


class DateRange(Func):
    function = "daterange"
    output_field = DateRangeField()


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
    def number_masked(self) -> str:
        """Enough to recognise it by, in lists, notices and the audit trail."""
        return f"•••• {self.number[-4:]}"


class BankAccountStep(StateChange):
    subject = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="steps")

    class Meta(StateChange.Meta):
        triggers = append_only()


class ImportJob(FileImport):
    """Institutions read from a file."""

    class Meta(FileImport.Meta):
        abstract = False
