"""Internal competitions as lists: an office's calls, the ideas it picks from, and the fund's figures by university."""

import datetime as dt
from typing import Any

import django_filters
from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Lower
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.lists import Column, ListSpec, register
from grants.models import Call, InternalEntry
from grants.models.proposals import PROPOSAL_STAFF
from grants.rules import competition as rules
from universities.queries import offices_of

Status = InternalEntry.Status


def _count(rows: QuerySet[InternalEntry], *path: str) -> Coalesce:
    counted = rows.order_by().values(*path).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


# --- an office's calls ------------------------------------------------------------------------------------------------
def desk(user: User, _as_of: dt.date | None) -> QuerySet[Call]:
    """Calls with a limit that are on, and those where the reader's universities have ideas."""
    offices = offices_of(user).values("pk")
    here = InternalEntry.objects.filter(call=OuterRef("pk"), university__in=offices)
    rows = Call.objects.visible_to(user).exclude(internal_limit=None)
    return rows.filter(Q(status__in=["published", "open"]) | Exists(here)).annotate(
        waiting=_count(here.filter(status=Status.ENTERED), "call"),
        picked=_count(here.filter(status=Status.PICKED), "call"),
        places=F("internal_limit") * offices_of(user).count(),
    )


COMPETITIONS = register(
    ListSpec(
        key="internal_competitions",
        title=_("Internal competition"),
        columns=(
            Column("title", _("Call"), link="grants:competition", link_args=("code",), sort=Lower("title"), css="clip"),
            Column("code", _("Code"), sort=True, css="nowrap"),
            Column("status", _("State"), "status", css="nowrap"),
            Column("waiting", _("Waiting for you"), "int", sort=True),
            Column("picked", _("Picked"), "int", sort=True),
            Column("places", _("Places"), "int"),
            Column("internal_until", _("Pick until"), "datetime", sort=True, css="nowrap"),
        ),
        queryset=desk,
        search=("code", "title"),
        search_hint=_("Call or code"),
        default_order=("-waiting", "internal_until"),
        may=rules.can_see_desk,
        empty_title=_("No call asks you to pick now"),
        empty_text=_("Some calls take only so many proposals from each university. When one does, you pick here."),
    )
)


# --- ideas ------------------------------------------------------------------------------------------------------------
def entries(user: User, _as_of: dt.date | None) -> QuerySet[InternalEntry]:
    """An office's own, withdrawn ones left out; for staff of the fund, those that were picked."""
    rows = InternalEntry.objects.visible_to(user).exclude(status=Status.WITHDRAWN)
    if user.has_role(*PROPOSAL_STAFF):
        return rows
    return rows.filter(university__in=offices_of(user).values("pk"))


def calls_of(user: User) -> QuerySet[Call]:
    return Call.objects.visible_to(user).exclude(internal_limit=None).order_by("code")


class EntryFilter(django_filters.FilterSet):
    call = django_filters.ModelChoiceFilter(
        label=_("Call"), queryset=lambda request: calls_of(request.user), to_field_name="code"
    )
    state = django_filters.ChoiceFilter(
        label=_("State"),
        field_name="status",
        choices=[choice for choice in Status.choices if choice[0] != Status.WITHDRAWN],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.request.user.has_role(*PROPOSAL_STAFF):
            del self.filters["state"]


ENTRIES = register(
    ListSpec(
        key="internal_entries",
        title=_("Ideas put forward"),
        columns=(
            Column("title", _("Idea"), link="grants:competition", link_args=("code",), sort=Lower("title"), css="clip"),
            Column("person", _("By"), source="person__name", sort=True),
            Column("university", _("University"), source="university__name", css="clip"),
            Column("code", _("Call"), source="call__code", css="nowrap"),
            Column("status", _("State"), "status", css="nowrap"),
            Column("entered_at", _("Put forward"), "datetime", sort=True, css="nowrap"),
            Column("decided_at", _("Decided"), "datetime", on_page=False),
            Column("summary", _("Summary"), on_page=False),
            Column("note", _("Note"), on_page=False, may=lambda user: not user.has_role(*PROPOSAL_STAFF)),
        ),
        queryset=entries,
        filterset=EntryFilter,
        search=("title", "person__name", "summary"),
        search_hint=_("Idea or person"),
        default_order=("-entered_at",),
        may=rules.can_list_entries,
        empty_title=_("Nobody has put an idea forward yet"),
        empty_text=_("What researchers put forward for calls with a limit is listed here."),
    )
)


# --- the fund's figures -----------------------------------------------------------------------------------------------
def numbers(user: User, _as_of: dt.date | None) -> QuerySet[InternalEntry]:
    """One row for each university under each call: its first entry stands for all, and only counts are shown of it."""
    if rules.can_see_numbers(user) is not None:
        return InternalEntry.objects.none()
    live = InternalEntry.objects.unsealed_for(user).exclude(status=Status.WITHDRAWN)
    same = live.filter(call=OuterRef("call"), university=OuterRef("university"))
    first = same.order_by("entered_at", "id").values("pk")[:1]
    return live.filter(pk=Subquery(first)).annotate(
        entered=_count(same, "call", "university"),
        picked=_count(same.filter(status=Status.PICKED), "call", "university"),
    )


class NumbersFilter(django_filters.FilterSet):
    call = django_filters.ModelChoiceFilter(
        label=_("Call"), queryset=lambda request: calls_of(request.user), to_field_name="code"
    )


NUMBERS = register(
    ListSpec(
        key="internal_numbers",
        title=_("Internal competitions by university"),
        columns=(
            Column("university", _("University"), source="university__name", sort=True, css="clip"),
            Column("country", _("Country"), source="university__country"),
            Column("code", _("Call"), source="call__code", on_page=False),
            Column("entered", _("Ideas put forward"), "int", total=True, sort=True),
            Column("picked", _("Picked"), "int", total=True, sort=True),
            Column("places", _("Places"), "int", source="call__internal_limit"),
        ),
        queryset=numbers,
        filterset=NumbersFilter,
        search=("university__name",),
        search_hint=_("University"),
        default_order=("university",),
        may=rules.can_see_numbers,
        empty_title=_("No university has begun yet"),
        empty_text=_("A university appears here once somebody there puts an idea forward."),
    )
)
