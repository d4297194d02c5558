"""Extra time that was given, to whom, and why."""

import datetime as dt

import django_filters
from django.db.models import Case, CharField, F, QuerySet, Value, When
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.clock import server_now
from core.lists import Column, ListSpec, register
from grants.models import LateAccess
from grants.rules import dates as rules

IN_FORCE, OVER, ENDED = "in_force", "over", "ended"
STATES = ((IN_FORCE, _("In force")), (OVER, _("Over")), (ENDED, _("Ended early")))


def given(user: User, _as_of: dt.date | None) -> QuerySet[LateAccess]:
    """Each with whom it is for and where it stands now."""
    now = server_now()
    return LateAccess.objects.visible_to(user).annotate(
        whom=Coalesce(
            F("university__name"),
            NullIf(F("person__name"), Value("")),
            F("person__email"),
            output_field=CharField(),
        ),
        state=Case(
            When(ended_at__isnull=False, then=Value(ENDED)),
            When(until__lte=now, then=Value(OVER)),
            default=Value(IN_FORCE),
            output_field=CharField(),
        ),
    )


class LateFilter(django_filters.FilterSet):
    call = django_filters.CharFilter(label=_("Call"), field_name="stage__call__code")
    state = django_filters.ChoiceFilter(label=_("State"), choices=STATES)


LATE = register(
    ListSpec(
        key="extra_time",
        title=_("Extra time"),
        columns=(
            Column("whom", _("For"), sort=True),
            Column("call", _("Call"), source="stage__call__code", css="nowrap"),
            Column("stage", _("Deadline"), "int", source="stage__number", on_page=False),
            Column("until", _("Until"), "datetime", sort=True, css="nowrap"),
            Column("reason", _("Why"), css="clip"),
            Column("granted_by", _("Given by"), source="granted_by__name"),
            Column("granted_at", _("Given"), "datetime", sort=True, css="nowrap"),
            Column("state", _("State"), "status", choices=STATES, css="nowrap"),
        ),
        extra={"ended_at": "ended_at"},
        queryset=given,
        filterset=LateFilter,
        search=("reason", "person__name", "person__email", "university__name"),
        search_hint=_("Name, university or reason"),
        default_order=("-granted_at",),
        may=rules.can_see_extra_time,
        row_template="grants/_late_row.html",
        empty_title=_("Nobody was given extra time"),
        empty_text=_("It is for who could not be in time through no fault of their own: one person or one university."),
    )
)
