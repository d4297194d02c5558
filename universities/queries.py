"""What other apps ask about people and universities."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from accounts.models import User
from universities.models import Affiliation, BankAccount, IndirectRate, OfficeMember, University


def home_university(user: User) -> University | None:
    """The university of the latest confirmed affiliation."""
    latest = (
        Affiliation.objects.confirmed()
        .filter(user_id=user.pk)
        .select_related("university")
        .order_by("-decided_at", "-id")
        .first()
    )
    return latest.university if latest else None


def confirmed_universities(user: User) -> QuerySet[University]:
    """Where `user` is confirmed to work: for these universities they may write proposals."""
    mine = Affiliation.objects.confirmed().filter(user_id=user.pk)
    return University.objects.filter(pk__in=mine.values("university")).order_by("name", "id")


def families(universities: Iterable[Any]) -> dict[Any, Any]:
    """Which entries of the directory are one university by now: each entry's key → that of the entry that stays.

    Holds the given ones and every entry that was merged into the same; one query, however long the chains.
    """
    wanted = [key for key in set(universities) if key is not None]
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_FAMILIES, [wanted])
        return dict(cursor.fetchall())


_FAMILIES = """
    WITH RECURSIVE up(id, parent) AS (
        SELECT id, merged_into_id FROM universities_university WHERE id = ANY(%s)
        UNION
        SELECT u.id, u.merged_into_id FROM universities_university u JOIN up ON u.id = up.parent
    ), down(id, stays) AS (
        SELECT id, id FROM up WHERE parent IS NULL
        UNION
        SELECT u.id, down.stays FROM universities_university u JOIN down ON u.merged_into_id = down.id
    )
    SELECT id, stays FROM down
"""


def is_office(user: User, university: University) -> bool:
    return OfficeMember.objects.in_force().filter(user_id=user.pk, university=university).exists()


def may_sign(user: User, university: University) -> bool:
    """Whether `user` is an authorised representative in force, who binds the university."""
    return (
        OfficeMember.objects.in_force()
        .filter(user_id=user.pk, university=university, role=OfficeMember.Kind.AUTHORISED_REPRESENTATIVE)
        .exists()
    )


def offices_of(user: User) -> QuerySet[University]:
    """The universities whose research office `user` is of."""
    mine = OfficeMember.objects.in_force().filter(user_id=user.pk)
    return University.objects.filter(pk__in=mine.values("university")).order_by("name", "id")


def office_people(university: University) -> QuerySet[User]:
    """Everybody of the research office, in force and able to sign in: whom a notice to the office reaches."""
    members = OfficeMember.objects.in_force().filter(university=university)
    people: QuerySet[User] = User.objects.filter(pk__in=members.values("user"), is_active=True)
    return people.order_by("name", "id")


def rate_on(university: University, day: dt.date, base: str) -> Decimal | None:
    """The rate (a fraction) in force on `day` for that base, or None where none was agreed."""
    rates = IndirectRate.objects.filter(university=university, base=base, starts_on__lte=day)
    return rates.filter(Q(ends_before=None) | Q(ends_before__gt=day)).values_list("rate", flat=True).first()


def usable_account(university: University, at: dt.datetime, *, currency: str = "") -> BankAccount | None:
    """Where a payment may go at `at`, or None. The only way to an account for whoever pays.

    None while details are new: waiting for their second person, or in the days after they were confirmed. A change
    stops payments; it never falls back to the details that were replaced.
    """
    accounts = BankAccount.objects.filter(university=university)
    if currency:
        accounts = accounts.filter(currency=currency)
    if accounts.filter(status=BankAccount.Status.ENTERED).exists():
        return None
    newest = accounts.filter(status=BankAccount.Status.CONFIRMED).order_by("-confirmed_at").first()
    return newest if newest and newest.usable_from and newest.usable_from <= at else None
