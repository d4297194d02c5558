"""The lists of reviewing: the officer's board, the ranking, the pool, the conflicts."""

import datetime as dt
from typing import Any

import django_filters
from django.db.models import Count, F, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Round
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.lists import Column, ListSpec, register
from grants.models import Proposal
from reviews import rules
from reviews.models import Conflict, Review, Reviewer
from reviews.ranking import ranked


class ReviewFilter(django_filters.FilterSet):
    status = django_filters.MultipleChoiceFilter(choices=Review.Status.choices, label=_("State"))
    call = django_filters.CharFilter(field_name="proposal__call__code", label=_("Call"))
    late = django_filters.BooleanFilter(method="filter_late", label=_("Late"))

    def filter_late(self, rows: QuerySet[Review], _name: str, value: bool) -> QuerySet[Review]:
        late = Q(status__in=Review.OUTSTANDING, due_at__lte=dt.datetime.now(dt.UTC))
        return rows.filter(late) if value else rows.exclude(late)


BOARD = register(
    ListSpec(
        key="reviews",
        title=_("Reviews board"),
        columns=(
            Column(
                "number",
                _("Proposal"),
                source="proposal__number",
                sort=True,
                link="reviews:assign",
                link_args=("number",),
            ),
            Column("title", _("Title"), source="proposal__title", css="clip"),
            Column("reviewer", _("Reviewer"), source="reviewer__name", sort=True),
            Column("status", _("State"), "status"),
            Column("due_at", _("Due"), "datetime", sort=True),
            Column("submitted_at", _("Submitted"), "datetime", sort=True),
            Column("score", _("Score"), "decimal", source=Round(F("score"), 2), sort=F("score")),
        ),
        queryset=lambda user, _as_of: Review.objects.visible_to(user).exclude(
            status__in=[Review.Status.WITHDRAWN, Review.Status.RECUSED]
        ),
        filterset=ReviewFilter,
        search=("proposal__number", "proposal__title", "reviewer__name"),
        search_hint=_("Proposal or reviewer"),
        default_order=("-due_at",),
        may=rules.can_see_board,
        empty_title=_("No reviews yet"),
        empty_text=_("Assign reviewers to eligible proposals from a call's intake."),
    )
)


class RankingFilter(django_filters.FilterSet):
    call = django_filters.CharFilter(field_name="call__code", label=_("Call"))
    status = django_filters.MultipleChoiceFilter(choices=Proposal.Status.choices, label=_("State"))


RANKING = register(
    ListSpec(
        key="ranking",
        title=_("Ranking"),
        columns=(
            Column("rank", _("Rank"), "int"),
            Column("number", _("Number"), link="grants:proposal", link_args=("number",), sort=True, css="nowrap"),
            Column("title", _("Title"), css="clip"),
            Column("university", _("University"), source="university__name", on_page=False),
            Column("average", _("Mean"), "decimal", source=Round(F("mean"), 2), sort=F("mean")),
            Column("deviation", _("Spread"), "decimal", source=Round(F("spread"), 2), sort=F("spread")),
            Column("counted", _("Reviews"), "int"),
            Column("asked", _("Asked"), "int", on_page=False),
            Column("requested", _("Asked for"), "money", currency="currency", total=True, sort=True),
            Column("status", _("State"), "status"),
        ),
        extra={"currency": F("call__programme__fund__currency")},
        queryset=lambda user, _as_of: ranked(user),
        filterset=RankingFilter,
        search=("number", "title"),
        default_order=("-average", "number"),
        may=rules.can_see_board,
        empty_title=_("Nothing to rank yet"),
        empty_text=_("Proposals appear here once they are under review."),
    )
)


def _pool(user: User, _as_of: Any) -> QuerySet[Reviewer]:
    """Loads count only reviews that the reader may learn of: a number must not tell of a sealed one."""
    seen = Review.objects.visible_to(user)
    mine = Q(user__reviews__in=seen)
    return Reviewer.objects.annotate(
        left=Count("user__reviews", filter=mine & Q(user__reviews__status__in=Review.OUTSTANDING), distinct=True),
        done=Count("user__reviews", filter=mine & Q(user__reviews__status__in=["submitted", "final"]), distinct=True),
    )


KEYWORDS = Func("keywords", Value(", "), function="array_to_string", output_field=TextField())


class PoolFilter(django_filters.FilterSet):
    active = django_filters.BooleanFilter(label=_("Takes reviews"))


POOL = register(
    ListSpec(
        key="reviewers",
        title=_("Reviewer pool"),
        columns=(
            Column("name", _("Name"), source="user__name", sort=True, link="reviews:pool_member", link_args=("pk",)),
            Column("email", _("Email"), source="user__email"),
            Column("knows", _("Knows about"), source=KEYWORDS),
            Column("left", _("To do"), "int", sort=True),
            Column("done", _("Done"), "int", sort=True),
            Column("most_reviews", _("At most"), "int"),
            Column("active", _("Takes reviews"), "yesno"),
        ),
        queryset=_pool,
        filterset=PoolFilter,
        search=("user__name", "user__email"),
        default_order=("name",),
        may=rules.can_see_board,
        empty_title=_("Nobody is in the pool yet"),
    )
)


class ConflictFilter(django_filters.FilterSet):
    status = django_filters.MultipleChoiceFilter(choices=Conflict.Status.choices, label=_("State"))
    kind = django_filters.MultipleChoiceFilter(choices=Conflict.Kind.choices, label=_("Kind"))


CONFLICTS = register(
    ListSpec(
        key="conflicts",
        title=_("Conflicts of interest"),
        columns=(
            Column(
                "number",
                _("Proposal"),
                source="proposal__number",
                sort=True,
                link="reviews:assign",
                link_args=("number",),
            ),
            Column("person", _("Person"), source="user__name", sort=True),
            Column("kind", _("Kind")),
            Column("source", _("How it is known")),
            Column("status", _("State"), "status"),
            Column("evidence", _("Evidence")),
            Column("created_at", _("Since"), "datetime", sort=True),
        ),
        queryset=lambda user, _as_of: Conflict.objects.filter(proposal__in=Proposal.objects.reviewable_by(user)),
        filterset=ConflictFilter,
        search=("proposal__number", "user__name"),
        default_order=("-created_at",),
        may=rules.can_see_board,
        empty_title=_("No conflicts are known"),
    )
)
