"""Programmes with their money, and templates of calls."""

import datetime as dt
from typing import Any

from django.db.models import Count, DecimalField, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Lower
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.lists import Column, ListSpec, register
from grants.call_money import NOT_DRAWN
from grants.models import Call, CallYear, Programme, ProgrammeYear
from grants.rules import calls as rules

RUNNING = (Call.Status.PUBLISHED, Call.Status.OPEN, Call.Status.CLOSED, Call.Status.IN_REVIEW)
_MONEY = DecimalField(max_digits=20, decimal_places=4)


def _staff_only(words: Any) -> Any:
    return lambda user: None if rules.is_staff(user) else str(words)


def _sum(rows: QuerySet[Any], by: str) -> Subquery:
    found = rows.filter(**{by: OuterRef("pk")}).order_by().values(by).annotate(sum=Sum("amount")).values("sum")
    return Subquery(found, output_field=_MONEY)


def programmes(_user: User, _as_of: dt.date | None) -> QuerySet[Programme]:
    """Each with how many calls it has, what it may give, and what its published calls draw."""
    drawn = CallYear.objects.exclude(call__status__in=NOT_DRAWN)
    real = Q(calls__is_template=False)
    return Programme.objects.annotate(
        all_calls=Count("calls", filter=real),
        running=Count("calls", filter=real & Q(calls__status__in=RUNNING)),
        amount=_sum(ProgrammeYear.objects.all(), "programme"),
        drawn=Coalesce(_sum(drawn, "call__programme"), Value(0), output_field=_MONEY),
    )


PROGRAMMES = register(
    ListSpec(
        key="programmes",
        title=_("Programmes"),
        columns=(
            Column("name", _("Programme"), link="grants:programme", link_args=("code",), sort=Lower("name")),
            Column("code", _("Code"), sort=True, css="nowrap"),
            Column("fund", _("Fund"), source="fund__name"),
            Column("all_calls", _("Calls"), "int", sort=True),
            Column("running", _("Running"), "int", sort=True),
            Column("amount", _("May give"), "money", currency="currency", total=True, sort=True),
            Column("drawn", _("Its calls draw"), "money", currency="currency", total=True, sort=True),
        ),
        extra={"currency": "fund__currency"},
        queryset=programmes,
        search=("code", "name", "summary"),
        search_hint=_("Code or name"),
        default_order=("name",),
        may=_staff_only(_("Programmes are set up by staff of the fund.")),
        empty_title=_("No programme yet"),
        empty_text=_("Every call belongs to one. Set up the first."),
    )
)


def templates(user: User, _as_of: dt.date | None) -> QuerySet[Call]:
    return Call.objects.visible_to(user).filter(is_template=True).annotate(by=F("created_by__name"))


TEMPLATES = register(
    ListSpec(
        key="call_templates",
        title=_("Templates of calls"),
        columns=(
            Column("title", _("Template"), link="grants:call_template", link_args=("code",), sort=Lower("title")),
            Column("shape", _("How it runs"), choices=tuple(Call.Shape.choices)),
            Column("programme", _("Programme"), source="programme__name", sort=True),
            Column("envelope", _("Envelope"), "money", currency="currency", sort=True),
            Column("by", _("Kept by")),
            Column("created_at", _("Kept"), "datetime", sort=True, css="nowrap"),
        ),
        extra={"currency": "programme__fund__currency", "code": "code"},
        queryset=templates,
        search=("title", "summary"),
        search_hint=_("Name or summary"),
        default_order=("title",),
        may=_staff_only(_("Templates are for staff of the fund.")),
        empty_title=_("No template yet"),
        empty_text=_("Keep any call as one: its page offers it. The built-in patterns are there without."),
    )
)
