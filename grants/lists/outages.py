"""Outages that were written down."""

import datetime as dt

from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.lists import Column, ListSpec, register
from grants.models import Outage
from grants.rules import dates as rules


def recorded(_user: User, _as_of: dt.date | None) -> QuerySet[Outage]:
    """With how many deadlines each moved. Extra time that moved along is not counted: it is not for everybody's eyes."""
    return Outage.objects.annotate(moved=Count("changes"))


OUTAGES = register(
    ListSpec(
        key="outages",
        title=_("Outages"),
        columns=(
            Column(
                "starts_at", _("From"), "datetime", sort=True, css="nowrap", link="grants:outage", link_args=("pk",)
            ),
            Column("ends_at", _("Until"), "datetime", css="nowrap"),
            Column("reason", _("What happened"), css="clip"),
            Column("moved", _("Deadlines moved"), "int"),
            Column("recorded_by", _("Recorded by"), source="recorded_by__name"),
            Column("recorded_at", _("Recorded"), "datetime", sort=True, css="nowrap"),
        ),
        queryset=recorded,
        search=("reason",),
        search_hint=_("What happened"),
        default_order=("-starts_at",),
        may=rules.can_see_outages,
        empty_title=_("No outage yet"),
        empty_text=_("Should this site ever not be reached near a deadline, write it down here: the deadline moves."),
    )
)
