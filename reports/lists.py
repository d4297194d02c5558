"""The list of one's own exports."""

import django_filters
from django.utils.translation import gettext_lazy as _

from core.lists import Column, ListSpec, register
from reports.models import ExportJob


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
