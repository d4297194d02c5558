"""What came in, as officers check it: of one call, or of all. Nothing of a proposal with a conflict is in it."""

import datetime as dt
from typing import Any

import django_filters
from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from accounts.models import User
from core.lists import BulkAction, Column, ListSpec, register
from grants.lists import intake_cells
from grants.lists.proposals import LEAD
from grants.models import Call, EligibilityRule, Proposal, Stage, Submission
from grants.rules import calls as rules
from grants.search import marks, search
from grants.services import checklists, enquiries, likeness
from grants.services.triage import officers
from grants.services.triage_many import MOST
from universities.models import University

Status = Proposal.Status
OUTSIDE = (Status.DRAFT, Status.AWAITING_SIGN_OFF)
MINE, NOBODY, OTHERS = "me", "nobody", "others"
FACETS = ("state", "kind", "handler")


def intake(user: User, _as_of: dt.date | None) -> QuerySet[Proposal]:
    """What came in and the reader may know the triage of, each with what a board says of it:

    `todo`: a required item of the checklist was not looked at; `asked`, `late`: a question is open, overdue; `alike`:
    something nearly the same is there. Only what is asked of it is counted by the database.
    """
    rows = Proposal.objects.triaged_by(user).exclude(status__in=OUTSIDE)
    known: dict[str, Any] = {"shown_status": F("status"), "may_know_review": Value(value=True)}
    return rows.filter(submitted_at__isnull=False).annotate(
        **known,  # whoever may know of the review may know these
        todo=ExpressionWrapper(checklists.undone(), output_field=BooleanField()),
        asked=enquiries.is_open(),
        late=enquiries.is_overdue(),
        alike=ExpressionWrapper(Q(pk__in=likeness.flagged(user)), output_field=BooleanField()),
    )


def said() -> Subquery:
    """What the rules said when it was handed in, as its receipt keeps it."""
    rows = Submission.objects.filter(proposal=OuterRef("pk"), at=OuterRef("submitted_at"))
    return Subquery(rows.values("eligibility")[:1])


def calls_of(user: User) -> QuerySet[Call]:
    return Call.objects.visible_to(user).exclude(status=Call.Status.DRAFT).order_by("code")


RULES = [
    ("any", _("Any rule")),
    ("none", _("None: all hold")),
    *EligibilityRule.Kind.choices,
    ("amount", _("Amount")),
    ("months", _("Length")),
]


class IntakeFilter(django_filters.FilterSet):
    """All of it in the address, so that a view of the board can be sent to a colleague or kept."""

    call = django_filters.ModelChoiceFilter(
        label=_("Call"), queryset=lambda request: calls_of(request.user), to_field_name="code"
    )
    state = django_filters.ChoiceFilter(
        label=_("State"),
        field_name="status",
        choices=[choice for choice in Status.choices if choice[0] not in OUTSIDE],
    )
    kind = django_filters.ChoiceFilter(label=_("Stage"), field_name="stage__kind", choices=Stage.Kind.choices)
    handler = django_filters.ChoiceFilter(label=_("Who works on it"), method="handled", choices=())
    university = django_filters.CharFilter(label=_("University"), method="of_university")
    country = django_filters.ChoiceFilter(
        label=_("Country"), field_name="university__country", choices=lambda: list(countries)
    )
    rule = django_filters.ChoiceFilter(label=_("Rule not met at handing in"), method="against", choices=RULES)
    checklist = django_filters.ChoiceFilter(
        label=_("Checklist"), method="looked_at", choices=[("done", _("Done")), ("todo", _("Not done"))]
    )
    enquiry = django_filters.ChoiceFilter(
        label=_("Question to the applicants"),
        method="in_question",
        choices=[("open", _("Open")), ("overdue", _("Overdue")), ("answered", _("Answered"))],
    )
    alike = django_filters.ChoiceFilter(
        label=_("Nearly the same"), method="likened", choices=[("yes", _("Found, not set aside")), ("no", _("Nothing"))]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [(str(one.pk), str(one)) for one in officers(Now()) if one != self.request.user]
        choices = [(MINE, _("Me")), (NOBODY, _("Nobody")), (OTHERS, _("A colleague")), *people]
        self.filters["handler"].extra["choices"] = choices
        vars(self.filters["handler"]).pop("_field", None)  # made already where a filter of the class was drawn before

    def of_university(self, rows: QuerySet[Proposal], _name: str, value: str) -> QuerySet[Proposal]:
        """By keys that are looked up first: how many proposals these have the planner knows, of a part of a name not."""
        named = University.objects.filter(name__icontains=value).values_list("pk", flat=True)
        return rows.filter(university__in=list(named))

    def handled(self, rows: QuerySet[Proposal], _name: str, value: str) -> QuerySet[Proposal]:
        if value == NOBODY:
            return rows.filter(handler=None)
        if value == OTHERS:
            return rows.exclude(handler=None).exclude(handler=self.request.user.pk)
        return rows.filter(handler__pk=self.request.user.pk if value == MINE else value)

    def against(self, rows: QuerySet[Proposal], _name: str, value: str) -> QuerySet[Proposal]:
        """By what the receipt keeps: what the rules said at that instant."""
        said = Submission.objects.filter(proposal=OuterRef("pk"), at=OuterRef("submitted_at"))
        wanted = {"met": False} if value in {"any", "none"} else {"code": value, "met": False}
        found = Exists(said.filter(eligibility__contains=[wanted]))
        return rows.filter(~found if value == "none" else found)

    def looked_at(self, rows: QuerySet[Proposal], _name: str, value: str) -> QuerySet[Proposal]:
        return rows.filter(Q(("todo", value == "todo")))

    def in_question(self, rows: QuerySet[Proposal], _name: str, value: str) -> QuerySet[Proposal]:
        if value == "answered":
            return rows.filter(enquiries.is_answered())
        return rows.filter(**{"late" if value == "overdue" else "asked": True})

    def likened(self, rows: QuerySet[Proposal], _name: str, value: str) -> QuerySet[Proposal]:
        found = likeness.flagged(self.request.user)
        return rows.filter(pk__in=found) if value == "yes" else rows.exclude(pk__in=found)


def _may(user: Any) -> bool:
    return rules.can_run_calls(user) is None


INTAKE = register(
    ListSpec(
        key="intake",
        title=_("What came in"),
        columns=(
            Column(
                "title",
                _("Title"),
                sort=Lower("title"),
                css="lead-cell",
                link="grants:triage",
                link_args=("known_as",),
                carries=True,
                draw=intake_cells.title,
            ),
            Column("number", _("Number"), on_page=False),
            Column("lead", _("Lead"), source=LEAD, on_page=False),
            Column("university", _("University"), source="university__name", sort=True, css="clip"),
            Column("call", _("Call"), source="call__code", on_page=False),
            Column("kind", _("Stage"), source="stage__kind", choices=tuple(Stage.Kind.choices), on_page=False),
            Column("requested", _("Asks for"), "money", currency="currency", total=True, sort=True, css="nowrap"),
            Column("submitted_at", _("Handed in"), "datetime", sort=True, css="nowrap", draw=intake_cells.handed_in),
            Column(
                "state",
                _("State"),
                "status",
                source="shown_status",
                choices=tuple(Status.choices),
                css="nowrap",
                draw=intake_cells.state,
            ),
            Column("handler", _("Who works on it"), source="handler__name", on_page=False),
            Column(
                "checks",
                _("Checks"),
                "yesno",
                source=F("todo"),
                in_export=False,
                css="checks-cell",
                draw=intake_cells.checks,
            ),
            Column("todo", _("Checklist not done"), "yesno", source=F("todo"), on_page=False),
            Column("asked", _("Question open"), "yesno", source=F("asked"), on_page=False),
            Column("alike", _("Nearly the same found"), "yesno", source=F("alike"), on_page=False),
        ),
        extra={
            "currency": "call__programme__fund__currency",
            "led_by": LEAD,
            "known_as": "number",
            "handled_by": "handler__name",
            "of_kind": "stage__kind",
            "said": said(),
            "ticked": checklists.looked_at(),
            "to_tick": checklists.asked(),
            "is_asked": F("asked"),
            "is_late": F("late"),
            "is_alike": F("alike"),
        },
        queryset=intake,
        filterset=IntakeFilter,
        search=search,
        search_hint=_("Words of title, abstract, people, university, or a number"),
        by_key=True,
        found_most=1_000,
        marks=marks,
        default_order=("submitted_at",),
        may=rules.can_see_intake,
        row_css="triage-row",
        row_name="known_as",
        bulk_actions=(
            BulkAction(_("Eligible"), "grants:intake_eligible", icon="circle-check", may=_may),
            BulkAction(_("Not eligible"), "grants:intake_ineligible", icon="ban", may=_may),
            BulkAction(_("Invite"), "grants:intake_invite", icon="mail-forward", may=_may),
            BulkAction(_("Don't invite"), "grants:intake_not_invite", icon="mail-off", may=_may),
            BulkAction(_("Give to"), "grants:intake_assign", icon="user-plus", may=_may),
            BulkAction(_("Ask the applicants"), "grants:intake_ask", icon="help-circle", may=_may),
        ),
        bulk_all=MOST,
        empty_title=_("Nothing has come in yet"),
        empty_text=_("A proposal appears here once its university has signed it."),
    )
)
