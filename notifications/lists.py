"""The lists of notices and deadlines: one's own inbox, the staff's log, the deadlines."""

from typing import Any

import django_filters
from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Coalesce, Now, NullIf
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.lists import Column, ListSpec, register
from notifications.models import Deadline, Notice
from notifications.queries import kinds_sent, with_progress
from notifications.registry import all_kinds, label_of
from notifications.rules import can_read_deadlines, can_read_log

PERSON = Coalesce(NullIf("recipient__name", Value("")), "address", output_field=CharField())
READ = (("new", _("Unread")), ("read", _("Read")))
DEADLINE_STATES = (("scheduled", _("To come")), ("overdue", _("Overdue")), ("ended", _("Ended")))


class DateRange(django_filters.DateFromToRangeFilter):
    def __init__(self, field_name: str, label: str | Promise) -> None:
        widget = django_filters.widgets.DateRangeWidget(attrs={"type": "date"})
        super().__init__(field_name=field_name, label=label, widget=widget)


def kinds_of_notices(user: User) -> list[tuple[str, str]]:
    return sorted(((kind, label_of(kind)) for kind in kinds_sent(user)), key=lambda pair: pair[1])


def kinds_of_deadlines() -> list[tuple[str, str]]:
    return [(kind.key, str(kind.label)) for kind in all_kinds()]


# --- one's own ----------------------------------------------------------------------------------------------------------
class InboxFilter(django_filters.FilterSet):
    read = django_filters.ChoiceFilter(choices=READ, method="by_reading", label=_("Read or not"))

    class Meta:
        model = Notice
        fields: list[str] = []

    def by_reading(self, rows: QuerySet[Notice], _name: str, value: str) -> QuerySet[Notice]:
        return rows.filter(read_at__isnull=value == "new")


def own_notices(user: Any, _as_of: Any) -> QuerySet[Notice]:
    return Notice.objects.visible_to(user).in_inbox(Now())


INBOX = register(
    ListSpec(
        key="inbox",
        title=_("Your notices"),
        columns=(
            Column("subject", _("Notice")),
            Column("kind", _("About")),
            Column("created_at", _("When"), "datetime", sort=True),
            Column("body", _("Text"), on_page=False),
        ),
        extra={"read_at": "read_at", "text": "body"},
        queryset=own_notices,
        filterset=InboxFilter,
        search=("subject", "body"),
        search_hint=_("Words of the notice"),
        default_order=("-created_at",),
        row_template="notifications/_inbox_row.html",
        empty_title=_("Nothing for you yet"),
        empty_text=_("Reminders, decisions and questions that concern you are kept here, and come by mail."),
    )
)


# --- the staff's log ----------------------------------------------------------------------------------------------------
class LogFilter(django_filters.FilterSet):
    state = django_filters.MultipleChoiceFilter(choices=Notice.State.choices, label=_("State"))
    kind = django_filters.ChoiceFilter(choices=(), label=_("Kind"))
    queued = DateRange("created_at", _("Queued from, to"))

    class Meta:
        model = Notice
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["kind"].extra["choices"] = lambda: kinds_of_notices(self.request.user)
        vars(self.filters["kind"]).pop("_field", None)  # made already where a filter of the class was drawn before


LOG = register(
    ListSpec(
        key="notices",
        title=_("Notices sent"),
        columns=(
            Column("subject", _("Notice"), link="notifications:notice", link_args=("pk",), css="clip"),
            Column("person", _("To"), source=PERSON),
            Column("address", _("Address"), on_page=False),
            Column("kind", _("Kind")),
            Column("state", _("State"), "status"),
            Column("created_at", _("Queued"), "datetime", sort=True),
            Column("sent_at", _("Sent"), "datetime"),
            Column("attempts", _("Tries"), "int"),
            Column("last_error", _("What was said"), on_page=False),
        ),
        extra={"not_before": "not_before", "why": "last_error", "to": "address"},
        queryset=lambda user, _as_of: Notice.objects.log_visible_to(user),
        filterset=LogFilter,
        search=("subject", "address", "recipient__name"),
        search_hint=_("Subject, person or address"),
        default_order=("-created_at",),
        may=can_read_log,
        row_template="notifications/_log_row.html",
        empty_title=_("Nothing was sent yet"),
        empty_text=_("Every message to anybody appears here: what it was about, to whom, and whether it arrived."),
    )
)


# --- deadlines ----------------------------------------------------------------------------------------------------------
class DeadlineFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=DEADLINE_STATES, label=_("State"))
    kind = django_filters.ChoiceFilter(choices=kinds_of_deadlines, label=_("Kind"))
    due = DateRange("due_at", _("Due from, to"))

    class Meta:
        model = Deadline
        fields: list[str] = []


DEADLINES = register(
    ListSpec(
        key="deadlines",
        title=_("Deadlines"),
        columns=(
            Column("title", _("What is due"), link="notifications:deadline", link_args=("pk",)),
            Column("kind", _("Kind")),
            Column("due_at", _("Due"), "datetime", sort=True),
            Column("state", _("State"), "status", choices=DEADLINE_STATES),
            Column("next_reminder", _("Next reminder"), "datetime"),
            Column("sequence", _("Version"), "int", on_page=False),
        ),
        extra={"rank": "rank", "zone": "zone", "moved": "sequence"},
        queryset=lambda user, _as_of: with_progress(Deadline.objects.visible_to(user)),
        filterset=DeadlineFilter,
        search=("title",),
        search_hint=_("What is due"),
        default_order=("rank", "due_at"),
        may=can_read_deadlines,
        row_template="notifications/_deadline_row.html",
        empty_title=_("No deadlines yet"),
        empty_text=_(
            "A call that is published, a review that is asked for, a report that is due: each has its line here."
        ),
    )
)
