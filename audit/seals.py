"""Whose eyes a subject is sealed from is known to a higher app; it registers here how to leave those events out.

    seals.register(lambda events, user: events.exclude(subject_type="grants.proposal", subject_id__in=…))

Called from its `AppConfig.ready()`. The result must be one condition more on the same query: no rows may be fetched here,
or the time an answer takes would tell what it leaves out.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from accounts.models import User

Exclude = Callable[[QuerySet[Any], User], QuerySet[Any]]

_excludes: list[Exclude] = []


def register(exclude: Exclude) -> None:
    """From now on `exclude(events, user)` narrows everything that anybody reads of the audit trail."""
    if exclude not in _excludes:
        _excludes.append(exclude)


def without_sealed(events: Any, user: User) -> Any:
    for exclude in _excludes:
        events = exclude(events, user)
    return events
