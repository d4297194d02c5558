"""People and universities for tests, made by the services."""

import datetime as dt
from typing import Any

from allauth.account.models import EmailAddress

from accounts.models import Role, RoleGrant, User
from universities import services
from universities.models import BankAccount, OfficeMember, University

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def make_user(name: str, *, role: str = "", verified: bool = False) -> User:
    address = name if "@" in name else f"{name.lower()}@example.org"
    user = User.objects.create_user(address, "secret-enough", name=name.partition("@")[0].title())
    if role:
        RoleGrant.objects.create(user=user, role=role, starts_at=NOON - 1000 * DAY)
    if verified:
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def make_manager(name: str = "Olive") -> User:
    return make_user(name, role=Role.PROGRAMME_OFFICER)


def make_university(name: str = "Example University", *, domains: tuple[str, ...] = (), **facts: Any) -> University:
    return services.create_university(name=name, country="NL", domains=domains, actor=None, at=NOON, **facts)


def make_office(university: University, name: str, *, signs: bool = False, by: User | None = None) -> User:
    """Somebody of its research office."""
    user = make_user(name)
    role = OfficeMember.Kind.AUTHORISED_REPRESENTATIVE if signs else OfficeMember.Kind.OFFICER
    OfficeMember.objects.create(user=user, university=university, role=role, starts_at=NOON - 10 * DAY, added_by=by)
    return user


def enter_account(university: University, actor: User, *, at: dt.datetime = NOON, **facts: Any) -> BankAccount:
    details = {"holder": university.name, "iban": "NL91 ABNA 0417 1643 00", "currency": "EUR", "country": "NL"}
    return services.enter_bank_account(university, **{**details, **facts}, actor=actor, at=at)
