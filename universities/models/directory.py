"""The directory: universities, their names, their domains, and files of them."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Case, F, IntegerField, Q, Value, When
from django.db.models.functions import Length, Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from accounts.models import Role, User
from core.imports import FileImport
from core.models import StateChange, UUIDModel, append_only
from universities.identifiers import fold

MANAGERS = (Role.ADMINISTRATOR, Role.PROGRAMME_OFFICER)


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
            models.Index(Lower("name"), "id", name="university_by_name"),
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

    @property
    def label(self) -> str:
        return str(University.Status(self.state).label)


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


class InstitutionImportQuerySet(models.QuerySet["ImportJob"]):
    def visible_to(self, user: User) -> "InstitutionImportQuerySet":
        """Who keeps the directory sees every import of it."""
        return self if user.has_role(*MANAGERS) else self.none()


class ImportJob(FileImport):
    """Institutions read from a file."""

    objects = InstitutionImportQuerySet.as_manager()

    class Meta(FileImport.Meta):
        abstract = False
