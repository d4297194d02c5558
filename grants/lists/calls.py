"""Calls as staff list them, what came in under one, and files of proposals that were read."""

import datetime as dt

import django_filters
from django.db.models import Count, Max, Min, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Lower
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.lists import BulkAction, Column, ListSpec, register
from grants.lists.proposals import LEAD
from grants.models import Call, ImportJob, Programme, Proposal
from grants.rules import calls as rules


# --- calls ----------------------------------------------------------------------------------------------------------
def staff_calls(user: User, _as_of: dt.date | None) -> QuerySet[Call]:
    """Each with when it opens first and closes last, and how many proposals are in that the reader may see."""
    handed_in = (
        Proposal.objects.visible_to(user)
        .handed_in()
        .filter(call=OuterRef("pk"))
        .order_by()
        .values("call")
        .annotate(n=Count("pk"))
        .values("n")
    )
    return Call.objects.visible_to(user).annotate(
        opens_at=Min("stages__opens_at"), closes_at=Max("stages__closes_at"), received=Coalesce(Subquery(handed_in), 0)
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


# --- intake ---------------------------------------------------------------------------------------------------------
OUTSIDE = (Proposal.Status.DRAFT, Proposal.Status.AWAITING_SIGN_OFF)


def intake(user: User, _as_of: dt.date | None) -> QuerySet[Proposal]:
    """What came in, as far as the reader may see it."""
    return Proposal.objects.shown_to(user).exclude(status__in=OUTSIDE).exclude(submitted_at=None)


class IntakeFilter(django_filters.FilterSet):
    call = django_filters.ModelChoiceFilter(
        label=_("Call"), queryset=lambda request: calls_of(request.user), to_field_name="code"
    )
    state = django_filters.ChoiceFilter(
        label=_("State"),
        field_name="shown_status",
        choices=[choice for choice in Proposal.Status.choices if choice[0] not in OUTSIDE],
    )
    university = django_filters.CharFilter(
        label=_("University"), field_name="university__name", lookup_expr="icontains"
    )


def calls_of(user: User) -> QuerySet[Call]:
    return Call.objects.visible_to(user).order_by("code")


INTAKE = register(
    ListSpec(
        key="intake",
        title=_("What came in"),
        columns=(
            Column(
                "title", _("Title"), link="grants:triage", link_args=("number",), sort=Lower("title"), css="lead-cell"
            ),
            Column("number", _("Number"), on_page=False),
            Column("lead", _("Lead"), source=LEAD, on_page=False),
            Column("university", _("University"), source="university__name", sort=True, css="clip"),
            Column("requested", _("Asks for"), "money", currency="currency", total=True, sort=True),
            Column("submitted_at", _("Handed in"), "datetime", sort=True, css="nowrap"),
            Column(
                "state",
                _("State"),
                "status",
                source="shown_status",
                choices=tuple(Proposal.Status.choices),
                css="nowrap",
            ),
        ),
        extra={"currency": "call__programme__fund__currency", "led_by": LEAD, "known_as": "number"},
        queryset=intake,
        filterset=IntakeFilter,
        search=("number", "title", "abstract", "pi__name", "pi_name"),
        search_hint=_("Number, title, abstract or lead"),
        default_order=("submitted_at",),
        may=rules.can_see_intake,
        row_template="grants/_intake_row.html",
        bulk_actions=(
            BulkAction(
                _("Mark eligible"),
                "grants:intake_eligible",
                icon="circle-check",
                may=lambda user: rules.can_run_calls(user) is None,
            ),
        ),
        empty_title=_("Nothing has come in yet"),
        empty_text=_("A proposal appears here once its university has signed it."),
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
