"""The list of one's own exports, and the public list of what was funded."""

import django_filters
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from awards.models import Award
from core.lists import Column, ListSpec, register
from grants.models import Call
from reports.models import ExportJob
from reports.published import LEAD, published


class ExportFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=ExportJob.Status.choices, label=_("State"))
    format = django_filters.ChoiceFilter(choices=ExportJob.Format.choices, label=_("Format"))

    class Meta:
        model = ExportJob
        fields: list[str] = []


EXPORTS = register(
    ListSpec(
        key="exports",
        title=_("My exports"),
        columns=(
            Column("title", _("List"), link="reports:export_job", link_args=("pk",)),
            Column("format", _("Format")),
            Column("status", _("State"), "status"),
            Column("rows", _("Rows"), "int"),
            Column("created_at", _("Asked for"), "datetime"),
            Column("expires_at", _("Kept until"), "datetime"),
            Column("message", _("Reason"), on_page=False),
            Column("sha256", _("SHA-256 of the file"), on_page=False),
        ),
        extra={"stored_as": "stored_as", "reason": "message"},
        queryset=lambda user, _as_of: ExportJob.objects.visible_to(user),
        filterset=ExportFilter,
        search=("title", "file_name"),
        search_hint=_("Name of the list"),
        default_order=("-created_at",),
        row_template="reports/_export_row.html",
        empty_title=_("No exports yet"),
        empty_text=_(
            "Choose a list above, or press CSV or XLSX on any list: the file is made while you go on working."
        ),
    )
)


# --- what was funded: open to everybody, signed in or not ---------------------------------------------------------------
def funded_calls() -> QuerySet[Call]:
    return Call.objects.filter(pk__in=published().values("proposal__call")).order_by("title", "code")


def funded_countries() -> list[tuple[str, str]]:
    codes = published().order_by().values_list("university__country", flat=True).distinct()
    return sorted(((code, countries.name(code)) for code in codes), key=lambda country: country[1])


def funded_years() -> list[tuple[str, str]]:
    years = published().order_by("starts_on__year").values_list("starts_on__year", flat=True).distinct()
    return [(str(year), str(year)) for year in years]


class FundedFilter(django_filters.FilterSet):
    """Choices are those of published awards alone: a filter never names a call that has awarded nothing yet."""

    call = django_filters.ModelChoiceFilter(
        field_name="proposal__call", to_field_name="code", queryset=lambda _request: funded_calls(), label=_("Call")
    )
    country = django_filters.ChoiceFilter(
        field_name="university__country", choices=funded_countries, label=_("Country")
    )
    year = django_filters.ChoiceFilter(field_name="starts_on__year", choices=funded_years, label=_("Begins in"))

    class Meta:
        model = Award
        fields: list[str] = []


FUNDED = register(
    ListSpec(
        key="funded",
        title=_("What was funded"),
        columns=(
            Column("title", _("Project"), sort=Lower("title"), link="reports:funded_award", link_args=("number",)),
            Column("number", _("Number"), on_page=False),
            Column("university", _("University"), source="university__name", sort=True),
            Column("country", _("Country"), source="university__country", on_page=False),
            Column("lead", _("Led by"), source=LEAD),
            Column("call", _("Call"), source="proposal__call__title", on_page=False),
            Column("starts_on", _("Begins"), "date", sort=True, css="nowrap"),
            Column("ends_on", _("Ends"), "date", css="nowrap"),
            Column("amount", _("Amount"), "money", currency="currency", total=True, sort=True),
            Column("abstract", _("Abstract"), source="proposal__abstract", on_page=False),
        ),
        extra={"currency": "fund__currency", "offered_at": "offered_at", "call_title": "proposal__call__title"},
        queryset=lambda _user, _as_of: published(),
        filterset=FundedFilter,
        search=("title", "university__name", "pi__name", "proposal__pi_name", "proposal__abstract"),
        search_hint=_("Title, abstract, university or person"),
        default_order=("-offered_at",),
        row_template="reports/_funded_row.html",
        empty_title=_("Nothing has been funded yet"),
        empty_text=_("Awards appear here once the board has decided."),
    )
)
