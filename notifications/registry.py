"""The kinds of deadlines that there are, and who still owes what: asked of the higher app that knows.

    registry.register_kind("review.due", label=_("Reviews"), who_owes=reviewers_who_owe)

Called from its `AppConfig.ready()`. `who_owes(deadline)` is asked when a reminder is planned and again when it is sent:
whoever did the thing, left or was recused in between is not reminded.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise

from accounts.models import User

WhoOwes = Callable[[Any], QuerySet[User]]
Words = Callable[[Any, User], dict[str, str]]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """`words(deadline, user)` adds the placeholders named by `places` to those that every reminder has."""

    key: str
    label: str | Promise
    who_owes: WhoOwes
    words: Words | None = None
    places: tuple[str, ...] = ()


_kinds: dict[str, Kind] = {}


def register_kind(
    key: str,
    *,
    label: str | Promise,
    who_owes: WhoOwes,
    words: Words | None = None,
    places: Iterable[str] = (),
) -> None:
    """One app owns a kind: a second meaning for it is a mistake of ours."""
    if key in _kinds:
        raise ValueError(f"The kind of deadline {key!r} is registered already.")
    _kinds[key] = Kind(key=key, label=label, who_owes=who_owes, words=words, places=tuple(places))


def kind_of(key: str) -> Kind | None:
    """None for a kind whose app is not installed (any more): nobody is known to owe anything, so nobody is reminded."""
    return _kinds.get(key)


def all_kinds() -> list[Kind]:
    return [_kinds[key] for key in sorted(_kinds)]


def label_of(key: str) -> str:
    """A kind in words: its own, or its key in plain letters (`proposal.submitted` → `Proposal submitted`)."""
    known = _kinds.get(key)
    return str(known.label) if known else key.replace(".", " ").replace("_", " ").capitalize()
