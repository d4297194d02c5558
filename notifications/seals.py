"""Whose eyes a subject is sealed from is known to a higher app; it registers here how to leave those notices out.

    seals.register(lambda rows, user: rows.exclude(subject_type="grants.proposal", subject_id__in=…))

Called from its `AppConfig.ready()`. Rows have `subject_type` and `subject_id` (text), as events of the audit trail do, so
that one function serves both. The result must be one condition more on the same query: no rows may be fetched here.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from accounts.models import User

Exclude = Callable[[QuerySet[Any], User], QuerySet[Any]]

_excludes: list[Exclude] = []


def register(exclude: Exclude) -> None:
    """From now on `exclude(rows, user)` narrows what staff read of notices and deadlines. One's own are never sealed."""
    if exclude not in _excludes:
        _excludes.append(exclude)


def without_sealed(rows: Any, user: User) -> Any:
    for exclude in _excludes:
        rows = exclude(rows, user)
    return rows
