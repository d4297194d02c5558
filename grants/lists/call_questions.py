"""Questions about calls as those who answer them list them."""

import datetime as dt

import django_filters
from django.db.models import Case, CharField, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.lists import Column, ListSpec, register
from grants.models import Call, CallEnquiry
from grants.rules import calls as rules

STATES = (("to_answer", _("To answer")), ("answered", _("Answered privately")), ("published", _("Published")))


def asked(user: User, _as_of: dt.date | None) -> QuerySet[CallEnquiry]:
    state = Case(
        When(published_at__isnull=False, then=Value("published")),
        When(answered_at__isnull=False, then=Value("answered")),
        default=Value("to_answer"),
        output_field=CharField(),
    )
    return CallEnquiry.objects.visible_to(user).annotate(state_now=state)


def to_answer(user: User) -> int:
    """How many questions wait for their first answer."""
    return CallEnquiry.objects.visible_to(user).filter(answered_at=None).count()


class CallQuestionFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(label=_("State"), field_name="state_now", choices=STATES)
    call = django_filters.ModelChoiceFilter(
        label=_("Call"),
        queryset=lambda request: Call.objects.visible_to(request.user).order_by("code"),
        to_field_name="code",
    )


CALL_QUESTIONS = register(
    ListSpec(
        key="call_questions",
        title=_("Questions about calls"),
        columns=(
            Column("text", _("Question"), link="grants:call_question", link_args=("pk",), css="clip"),
            Column("call", _("Call"), source="call__code", sort=True, css="nowrap"),
            Column("asked_by", _("Asked by"), source="asked_by__name", sort=True),
            Column("asked_at", _("Asked"), "datetime", sort=True, css="nowrap"),
            Column("state", _("State"), "status", source="state_now", choices=STATES, css="nowrap"),
            Column("answered_at", _("Answered"), "datetime", sort=True, css="nowrap"),
            Column("answer", _("Answer"), on_page=False),
            Column("public_text", _("Published question"), on_page=False),
            Column("public_answer", _("Published answer"), on_page=False),
        ),
        queryset=asked,
        filterset=CallQuestionFilter,
        search=("text", "answer", "public_text", "public_answer", "asked_by__name", "call__code"),
        search_hint=_("Words, name or call"),
        default_order=("-asked_at",),
        may=rules.can_see_questions,
        empty_title=_("No questions"),
        empty_text=_("What people ask on the page of a call comes here. You answer them alone, or everybody."),
    )
)
