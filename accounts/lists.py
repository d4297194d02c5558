"""The directory of people."""

import datetime as dt
from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now, TruncDate
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, RoleGrant, User
from accounts.queries import people
from accounts.rules import can_see_people
from core.lists import Column, ListSpec, register

STATES = (("active", _("Active")), ("inactive", _("Closed")))
NO_ROLE = "none"


class PersonFilter(django_filters.FilterSet):
    role = django_filters.ChoiceFilter(
        choices=[*Role.choices, (NO_ROLE, _("No staff role"))], method="of_role", label=_("Role held now")
    )
    state = django_filters.ChoiceFilter(choices=STATES, label=_("Account"))
    second_factor = django_filters.BooleanFilter(label=_("Second factor"))

    class Meta:
        model = User
        fields: list[str] = []

    def of_role(self, rows: QuerySet[User], _name: str, role: str) -> QuerySet[User]:
        held = RoleGrant.objects.in_force(Now()).filter(user=OuterRef("pk"))
        return rows.filter(~Exists(held) if role == NO_ROLE else Exists(held.filter(role=role)))


def _rows(user: Any, _as_of: Any) -> QuerySet[User]:
    return people(user)


PEOPLE = register(
    ListSpec(
        key="people",
        title=_("People"),
        columns=(
            Column("name", _("Name"), sort=True, link="accounts:person", link_args=("pk",)),
            Column("email", _("Email"), sort=True),
            Column("roles", _("Staff roles"), source="held_roles"),
            Column("state", _("Account"), "status", choices=STATES),
            Column("second_factor", _("Second factor"), "yesno"),
            Column("last_login", _("Last signed in"), "datetime", sort=True),
            Column(
                "joined",
                _("Joined"),
                "date",
                source=TruncDate("joined_at", tzinfo=dt.UTC),
                sort="joined_at",
                css="nowrap",
            ),
        ),
        queryset=_rows,
        filterset=PersonFilter,
        search=("name", "email"),
        search_hint=_("Name or address"),
        default_order=("name",),
        may=can_see_people,
    )
)
