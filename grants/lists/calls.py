"""Calls as staff list them, and files of proposals that were read. What came in: `grants.lists.intake`."""

import datetime as dt

import django_filters
from django.db.models import Count, Max, Min, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Lower
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.lists import Column, ListSpec, register
from grants.models import Call, ImportJob, Programme, Proposal
from grants.rules import calls as rules


# --- calls ----------------------------------------------------------------------------------------------------------
def staff_calls(user: User, _as_of: dt.date | None) -> QuerySet[Call]:
    """Each with when it opens first and closes last, and how many full proposals are in that the reader may see."""
    handed_in = (
        Proposal.objects.visible_to(user)
        .full()
        .handed_in()
        .filter(call=OuterRef("pk"))
        .order_by()
        .values("call")
        .annotate(n=Count("pk"))
        .values("n")
    )
    return (
        Call.objects.visible_to(user)
        .filter(is_template=False)
        .annotate(
            opens_at=Min("stages__opens_at"),
            closes_at=Max("stages__closes_at"),
            received=Coalesce(Subquery(handed_in), 0),
        )
    )


class CallFilter(django_filters.FilterSet):
    state = django_filters.MultipleChoiceFilter(label=_("State"), field_name="status", choices=Call.Status.choices)
    programme = django_filters.ModelChoiceFilter(
        label=_("Programme"), queryset=Programme.objects.order_by("name"), to_field_name="code"
    )


CALLS = register(
    ListSpec(
        key="calls",
        title=_("All calls"),
        columns=(
            Column("title", _("Title"), link="grants:call", link_args=("code",), sort=Lower("title"), css="clip"),
            Column("code", _("Code"), sort=True, css="nowrap"),
            Column("programme", _("Programme"), source="programme__name", on_page=False),
            Column("state", _("State"), "status", source="status", css="nowrap"),
            Column("opens_at", _("Opens"), "datetime", sort=True, css="nowrap"),
            Column("closes_at", _("Closes"), "datetime", sort=True, css="nowrap"),
            Column("received", _("In"), "int", sort=True),
            Column("envelope", _("Envelope"), "money", currency="currency", total=True, sort=True),
        ),
        extra={"currency": "programme__fund__currency", "created_at": "created_at"},
        queryset=staff_calls,
        filterset=CallFilter,
        search=("code", "title", "summary"),
        search_hint=_("Code, title or summary"),
        default_order=("-created_at",),
        may=lambda user: None if rules.is_staff(user) else str(_("This list is for staff of the fund.")),
        empty_title=_("No calls yet"),
        empty_text=_("Set up the first one: it stays a draft until you publish it."),
    )
)


# --- imports --------------------------------------------------------------------------------------------------------
IMPORTS = register(
    ListSpec(
        key="proposal_imports",
        title=_("Files read so far"),
        columns=(
            Column("name", _("File"), link="grants:import_job", link_args=("pk",), css="clip"),
            Column("call", _("Call"), source="call__code", css="nowrap"),
            Column("status", _("State"), "status", css="nowrap"),
            Column("total", _("Rows"), "int"),
            Column("owner", _("By"), source="owner__name"),
            Column("created_at", _("Uploaded"), "datetime", sort=True, css="nowrap"),
        ),
        queryset=lambda user, _as_of: ImportJob.objects.visible_to(user),
        default_order=("-created_at",),
        may=rules.can_run_calls,
        empty_title=_("No file yet"),
        empty_text=_("Files that were uploaded are listed here with what became of them."),
    )
)
