"""The lists of this app: the directory, the people of a university, imports."""

from typing import Any

import django_filters
from django.contrib.postgres.aggregates import StringAgg
from django.db.models import Case, CharField, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from accounts.models import Role, User
from core.lists import Column, ListSpec, register
from universities.models import Affiliation, Domain, ImportJob, University
from universities.rules import can_manage_directory

LISTED, PROPOSED = University.Status.LISTED, University.Status.PROPOSED
COUNTRIES = tuple((code, name) for code, name in countries)


def domains_of_row() -> Subquery:
    domains = Domain.objects.filter(university=OuterRef("pk")).order_by().values("university")
    joined = domains.annotate(all=StringAgg("domain", delimiter=", ", order_by="domain"))
    return Subquery(joined.values("all"), output_field=CharField())


class UniversityFilter(django_filters.FilterSet):
    country = django_filters.ChoiceFilter(choices=COUNTRIES, label=_("Country"))
    status = django_filters.ChoiceFilter(
        choices=[(PROPOSED.value, _("Proposed, not listed yet"))], label=_("State"), empty_label=_("Listed")
    )

    class Meta:
        model = University
        fields = ["country", "status"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.request is None or not self.request.user.has_role(*Role.values):
            del self.filters["status"]

    def filter_queryset(self, queryset: QuerySet[University]) -> QuerySet[University]:
        """What is only proposed is shown to those who ask for it."""
        rows: QuerySet[University] = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("status") else rows.filter(status=LISTED)


def search(rows: Any, text: str) -> QuerySet[Any]:
    found: QuerySet[Any] = rows.search(text)
    return found


UNIVERSITIES = register(
    ListSpec(
        key="universities",
        title=_("Universities"),
        columns=(
            Column("name", _("Name"), sort=Lower("name"), link="universities:university", link_args=("pk",)),
            Column("country", _("Country"), sort=True, choices=COUNTRIES),
            Column("region", _("State or province")),
            Column("city", _("City"), on_page=False),
            Column("domains", _("Email domains"), source=domains_of_row(), css="clip"),
            Column("website", _("Website"), on_page=False),
            Column("ror_id", _("ROR id"), on_page=False),
        ),
        queryset=lambda user, _as_of: University.objects.visible_to(user).filter(status__in=[LISTED, PROPOSED]),
        filterset=UniversityFilter,
        search=search,
        search_hint=_("Name in any script, place or domain"),
        default_order=("name",),
        empty_title=_("No university found"),
        empty_text=_("Try fewer or other words: a part of the name, the city or the email domain."),
    )
)


class PeopleFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=Affiliation.Status.choices, label=_("State"))
    university = django_filters.UUIDFilter(label=_("University"))

    class Meta:
        model = Affiliation
        fields = ["status", "university"]


def people(user: User, _as_of: Any) -> QuerySet[Affiliation]:
    return Affiliation.objects.visible_to(user)


PEOPLE = register(
    ListSpec(
        key="university_people",
        title=_("People"),
        columns=(
            Column("name", _("Name"), source="user__name", sort=True, link="universities:person", link_args=("pk",)),
            Column("email", _("Email"), source="user__email"),
            Column("university_name", _("University"), source="university__name", on_page=False),
            Column("department", _("Department")),
            Column("position", _("Position")),
            Column("rank", _("Rank"), choices=tuple(Affiliation.Rank.choices)),
            Column("status", _("State"), "status", sort=True),
            Column(
                "how",
                _("Confirmed by"),
                source=Case(
                    When(decided_at=None, then=Value("")),
                    When(decided_by=None, then=Value("@")),
                    default=F("decided_by__name"),
                    output_field=CharField(),
                ),
                choices=(("@", _("Email address")),),
            ),
            Column("claimed_at", _("Since"), "datetime", sort=True),
        ),
        queryset=people,
        filterset=PeopleFilter,
        search=("user__name", "user__email", "department"),
        default_order=("name",),
        empty_title=_("Nobody here yet"),
        empty_text=_("People name their university on their own page; the office confirms them."),
    )
)

IMPORTS = register(
    ListSpec(
        key="institution_imports",
        title=_("Imports of institutions"),
        columns=(
            Column("name", _("File"), link="universities:import_job", link_args=("pk",)),
            Column("owner", _("By"), source="owner__name"),
            Column("created_at", _("Uploaded"), "datetime", sort=True),
            Column("status", _("State"), "status"),
            Column("message", _("Outcome")),
        ),
        queryset=lambda user, _as_of: ImportJob.objects.visible_to(user),
        default_order=("-created_at",),
        may=can_manage_directory,
        empty_title=_("No file was imported yet"),
        empty_text=_("Choose a CSV file above: you see what is in it before anything is written."),
    )
)
