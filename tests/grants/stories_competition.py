"""Calls that take so many proposals of each university, and the ideas put forward for them."""

import datetime as dt
from typing import Any

from accounts.models import User
from grants.models import Call, InternalEntry
from grants.services import competition
from tests.grants.stories import CLOSES, NOON, make_call, make_researcher, make_signer, make_university
from universities.models import University

UNTIL = CLOSES - dt.timedelta(days=7)


def make_limited_call(limit: int = 1, code: str = "SMALL-26", **fields: Any) -> Call:
    return make_call(code, **{"internal_limit": limit, "internal_until": UNTIL, **fields})


def make_entry(
    call: Call | None = None,
    name: str = "Ada Example",
    *,
    university: University | None = None,
    title: str = "",
    at: dt.datetime = NOON,
) -> InternalEntry:
    call = call or Call.objects.exclude(internal_limit=None).first() or make_limited_call()
    university = university or make_university()
    person = make_researcher(name, university)
    return competition.enter(
        call,
        person=person,
        university=university,
        title=title or f"The idea of {name}",
        summary=f"Secret of {name}.",
        actor=person,
        at=at,
    )


def make_picked(call: Call | None = None, name: str = "Ada Example", **kwargs: Any) -> InternalEntry:
    entry = make_entry(call, name, **kwargs)
    return competition.pick(entry, actor=office_of(entry.university), at=kwargs.get("at", NOON))


def office_of(university: University | None = None) -> User:
    return make_signer(university=university or make_university())
