"""What pages ask about people beyond their own rows."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.postgres.aggregates import StringAgg
from django.db.models import Case, CharField, Count, Exists, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Now

from accounts.models import ApiToken, Role, RoleGrant, User


def roles_in_words() -> Any:
    """The roles that a row's person holds now, in words and in the order of the roles."""
    words = Case(
        *(When(role=role.value, then=Value(str(role.label))) for role in Role),
        default="role",
        output_field=CharField(),
    )
    held = RoleGrant.objects.in_force(Now()).filter(user=OuterRef("pk")).order_by().values("user")
    joined = held.annotate(words=StringAgg(words, delimiter=Value(", "), order_by="role"))
    return Subquery(joined.values("words"), output_field=CharField())


def state_of_account() -> Any:
    return Case(When(is_active=True, then=Value("active")), default=Value("inactive"), output_field=CharField())


def has_second_factor() -> Any:
    return Exists(Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP))


def people(user: User) -> QuerySet[User]:
    """The directory, with what its columns show and its filters ask."""
    return User.objects.visible_to(user).annotate(
        held_roles=roles_in_words(), state=state_of_account(), second_factor=has_second_factor()
    )


def holders_by_role(at: dt.datetime) -> list[tuple[Role, int]]:
    """How many people who may sign in hold each role: one without a holder stops the work that needs it."""
    held = RoleGrant.objects.in_force(at).filter(user__is_active=True).order_by()
    counts = dict(held.values_list("role").annotate(n=Count("user", distinct=True)))
    return [(role, counts.get(role.value, 0)) for role in Role]


@dataclass(frozen=True)
class Standing:
    """One person's account as a page shows it."""

    grants: list[tuple[RoleGrant, str]]
    tokens: list[tuple[ApiToken, str]]
    second_factor: bool
    confirmed: bool
    waiting_address: str

    @property
    def held(self) -> list[RoleGrant]:
        return [grant for grant, state in self.grants if state == "active"]


def standing(reader: User, person: User, at: dt.datetime) -> Standing:
    """Roles newest first, tokens, and how the account is protected. Everything as far as `reader` may see it."""
    grants = person.role_grants.select_related("granted_by", "ended_by").order_by("-starts_at", "-id")
    tokens = ApiToken.objects.visible_to(reader).filter(user=person)
    addresses = list(EmailAddress.objects.filter(user=person))
    waiting = [address.email for address in addresses if not address.verified and address.email != person.email]
    return Standing(
        grants=[(grant, grant.state_at(at)) for grant in grants],
        tokens=[(token, token.state_at(at)) for token in tokens],
        second_factor=Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).exists(),
        confirmed=any(address.verified and address.email == person.email for address in addresses),
        waiting_address=waiting[0] if waiting else "",
    )
