"""The audit trail as a list."""

import datetime as dt
import re
import zoneinfo
from typing import Any

import django_filters
from django import forms
from django.db.models import CharField, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat, Left, Substr, Upper
from django.utils.translation import gettext_lazy as _

from audit.models import AuditEvent
from audit.queries import kinds
from audit.rules import can_read_trail
from core.lists import Column, ListSpec, register

BOUNDS = re.compile(r"[\s._]+")
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class EventFilter(django_filters.FilterSet):
    """Days are days in the reader's own zone, on the page and in an export made by a worker alike."""

    act = django_filters.CharFilter(method="of_act", max_length=64, label=_("Act begins with"))
    by = django_filters.CharFilter(method="of_actor", max_length=150, label=_("By (name or address)"))
    kind = django_filters.ChoiceFilter(field_name="target_type", choices=kinds, label=_("Kind of thing"))
    about = django_filters.CharFilter(method="of_thing", max_length=130, label=_("About (kind:id)"))
    since = django_filters.DateFilter(method="from_day", label=_("From"), widget=DAY)
    until = django_filters.DateFilter(method="to_day", label=_("To"), widget=DAY)

    class Meta:
        model = AuditEvent
        fields: list[str] = []

    def of_act(self, rows: QuerySet[AuditEvent], _name: str, text: str) -> QuerySet[AuditEvent]:
        """`role granted` finds `role.granted`: the words are what a reader sees."""
        words = [re.escape(word) for word in BOUNDS.split(text.strip().lower()) if word]
        return rows.filter(verb__regex="^" + "[._]".join(words)) if words else rows

    def of_actor(self, rows: QuerySet[AuditEvent], _name: str, text: str) -> QuerySet[AuditEvent]:
        return rows.filter(Q(actor__name__icontains=text) | Q(actor__email__iexact=text.strip()))

    def of_thing(self, rows: QuerySet[AuditEvent], _name: str, text: str) -> QuerySet[AuditEvent]:
        kind, _colon, key = text.strip().partition(":")
        itself = Q(target_type=kind, target_id=key)
        return rows.filter(itself | Q(subject_type=kind, subject_id=key))

    def from_day(self, rows: QuerySet[AuditEvent], _name: str, day: dt.date) -> QuerySet[AuditEvent]:
        return rows.filter(at__gte=self._midnight(day))

    def to_day(self, rows: QuerySet[AuditEvent], _name: str, day: dt.date) -> QuerySet[AuditEvent]:
        return rows if day == dt.date.max else rows.filter(at__lt=self._midnight(day + dt.timedelta(days=1)))

    def _midnight(self, day: dt.date) -> dt.datetime:
        zone = zoneinfo.ZoneInfo(getattr(self.request.user, "zone", "UTC"))
        return dt.datetime.combine(day, dt.time(), zone)


def act_in_words() -> Any:
    """`role.granted` as `Role granted`."""
    words = Func("verb", Value("._"), Value("  "), function="TRANSLATE", output_field=CharField())
    return Concat(Upper(Left(words, 1)), Substr(words, 2), output_field=CharField())


def as_text(name: str) -> Any:
    """The kept values as one line of JSON, for exports."""
    return Cast(name, TextField())


def _rows(user: Any, _as_of: Any) -> QuerySet[AuditEvent]:
    return AuditEvent.objects.visible_to(user)


EVENTS = register(
    ListSpec(
        key="audit",
        title=_("Audit trail"),
        columns=(
            Column("at", _("When"), "datetime", sort=True, css="nowrap"),
            Column("act", _("Act"), source=act_in_words(), link="audit:event", link_args=("pk",), in_export=False),
            Column("verb", _("Act"), on_page=False),
            Column("target_label", _("What"), css="clip"),
            Column("target_type", _("Kind"), choices=tuple(kinds())),
            Column("actor", _("By"), source=Coalesce("actor__name", Value("System"))),
            Column("via", _("Through"), source="origin__via"),
            Column("target_id", _("Its id"), on_page=False),
            Column("before", _("Before"), source=as_text("before"), on_page=False),
            Column("after", _("After"), source=as_text("after"), on_page=False),
        ),
        queryset=_rows,
        filterset=EventFilter,
        search=("target_label", "verb", "actor__name"),
        search_hint=_("A thing, an act or a person"),
        default_order=("-at",),
        may=can_read_trail,
        empty_title=_("Nothing has happened yet"),
        empty_text=_("Every change leaves an event here: who, what, when, from where, before and after."),
    )
)
