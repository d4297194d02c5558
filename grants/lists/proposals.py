"""Proposals as lists: those that a person may see, and those that wait for an office's signature."""

import datetime as dt
from typing import Any

import django_filters
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest, Lower
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.lists import Column, ListSpec, register
from grants.lists.intake_cells import handed_in
from grants.models import Call, LateAccess, Proposal, Stage
from grants.models.access import PROPOSAL_STAFF, TEAM, of_office, of_user
from grants.models.proposals import UNRELEASED
from grants.search import marks, search
from universities.models import University
from universities.queries import offices_of

LEAD = Coalesce("pi__name", "pi_name")


def listed(user: User, _as_of: dt.date | None) -> QuerySet[Proposal]:
    """What `user` may see. Whoever only reviews finds it among their reviews, where a blind call stays blind."""
    rows: QuerySet[Proposal] = _but_reviewed(Proposal.objects.shown_to(user), user)
    return rows


def _but_reviewed(rows: Any, user: User) -> Any:
    if user.has_role(*PROPOSAL_STAFF):
        return rows
    return rows.filter(Q(pk__in=of_user(user, *TEAM)) | Q(university__in=of_office(user)))


class ProposalFilter(django_filters.FilterSet):
    """Choices are those of the reader's own rows: a filter never names a call or university that they can't see."""

    call = django_filters.ModelChoiceFilter(
        label=_("Call"),
        queryset=lambda request: calls_of(request.user),
        to_field_name="code",
    )
    state = django_filters.ChoiceFilter(label=_("State"), method="shown_as", choices=Proposal.Status.choices)
    kind = django_filters.ChoiceFilter(label=_("Kind"), field_name="stage__kind", choices=Stage.Kind.choices)
    university = django_filters.ModelChoiceFilter(
        label=_("University"), queryset=lambda request: universities_of(request.user)
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.request.user.has_role(*PROPOSAL_STAFF):
            kept = [choice for choice in Proposal.Status.choices if choice[0] not in UNRELEASED]
            self.filters["state"].extra["choices"] = kept
            vars(self.filters["state"]).pop("_field", None)  # made already where a filter of the class was drawn before

    def shown_as(self, rows: Any, _name: str, state: str) -> Any:
        return rows.shown_as(state)


def calls_of(user: User) -> QuerySet[Call]:
    mine = _but_reviewed(Proposal.objects.visible_to(user), user).filter(call=OuterRef("pk"))
    return Call.objects.filter(Exists(mine)).order_by("code")


def universities_of(user: User) -> QuerySet[University]:
    mine = _but_reviewed(Proposal.objects.visible_to(user), user).filter(university=OuterRef("pk"))
    return University.objects.filter(Exists(mine)).only("id", "name").order_by("name", "id")


PROPOSALS = register(
    ListSpec(
        key="proposals",
        title=_("Proposals"),
        columns=(
            Column("title", _("Title"), link="grants:proposal", link_args=("number",), sort=Lower("title"), css="clip"),
            Column("number", _("Number"), sort=True, css="nowrap"),
            Column("call", _("Call"), source="call__code", on_page=False),
            Column("kind", _("Kind"), source="stage__kind", choices=tuple(Stage.Kind.choices), on_page=False),
            Column("lead", _("Lead"), source=LEAD),
            Column("university", _("University"), source="university__name", sort=True, css="clip"),
            Column(
                "state",
                _("State"),
                "status",
                source="shown_status",
                choices=tuple(Proposal.Status.choices),
                css="nowrap",
            ),
            Column("requested", _("Asked for"), "money", currency="currency", total=True, sort=True),
            Column("submitted_at", _("Handed in"), "datetime", sort=True, css="nowrap", draw=handed_in),
        ),
        extra={"currency": "call__programme__fund__currency", "updated_at": "updated_at"},
        queryset=listed,
        filterset=ProposalFilter,
        search=search,
        search_hint=_("Words of title, abstract, people, university, or a number"),
        default_order=("-updated_at",),
        by_key=True,
        found_most=1_000,
        marks=marks,
        empty_title=_("No proposals yet"),
        empty_text=_("Open a call and start one: it appears here from its first word."),
    )
)


def extra_of_row() -> Subquery:
    """The end of the extra time that counts for a proposal, or nothing."""
    whose = Q(person=OuterRef("pi")) | Q(university=OuterRef("university"))
    given = LateAccess.objects.filter(whose, stage=OuterRef("stage"), ended_at=None).order_by("-until")
    return Subquery(given.values("until")[:1])


def waiting(user: User, _as_of: dt.date | None) -> QuerySet[Proposal]:
    """What waits for the signature of the reader's own universities."""
    return (
        Proposal.objects.shown_to(user)
        .filter(status=Proposal.Status.AWAITING_SIGN_OFF, university__in=offices_of(user).values("pk"))
        .annotate(sign_by=Greatest(Coalesce(F("stage__sign_off_until"), F("stage__closes_at")), extra_of_row()))
    )


SIGNOFFS = register(
    ListSpec(
        key="signoffs",
        title=_("Sign-offs"),
        columns=(
            Column("title", _("Title"), link="grants:signoff", link_args=("number",), sort=Lower("title"), css="clip"),
            Column("number", _("Number"), sort=True, css="nowrap"),
            Column("call", _("Call"), source="call__title", css="clip"),
            Column("lead", _("Lead"), source=LEAD),
            Column("requested", _("Asks for"), "money", currency="currency", total=True, sort=True),
            Column("handed_in_at", _("Sent to you"), "datetime", sort=True, css="nowrap"),
            Column("sign_by", _("Sign until"), "datetime", sort=True, css="nowrap"),
        ),
        extra={"currency": "call__programme__fund__currency"},
        queryset=waiting,
        search=("number", "title", "pi__name"),
        search_hint=_("Number, title or lead"),
        default_order=("sign_by",),
        empty_title=_("Nothing waits for your signature"),
        empty_text=_("When a proposal of your university is ready, it appears here and you get a notice."),
    )
)
