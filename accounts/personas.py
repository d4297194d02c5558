"""What somebody is by rows of higher apps: a researcher, a research office, a reviewer, a board member.

Nobody grants a persona. The app that owns the rows registers, from its `AppConfig.ready()`, how to find them:

    personas.register("reviewer", lambda user_id: Reviewer.objects.filter(user=user_id, ended_at=None))

`user_id` is an `OuterRef`, so that all personas of a person are answered by one query.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import Exists, Model, OuterRef, QuerySet

Rows = Callable[[OuterRef], QuerySet[Any]]

_registered: dict[str, Rows] = {}


def register(name: str, rows: Rows) -> None:
    """Whoever has one of `rows` is a `name`. One app owns a name: a second meaning for it is a mistake of ours."""
    if not name.isidentifier():
        raise ValueError(f"{name!r} can't name a persona.")
    if name in _registered:
        raise ValueError(f"The persona {name!r} is registered already.")
    _registered[name] = rows


def names() -> frozenset[str]:
    """Every persona that there can be."""
    return frozenset(_registered)


def personas_of(user: Model) -> frozenset[str]:
    """What `user` is now, in one query whatever the number of personas; nobody who may not sign in is anything."""
    tests = {f"persona_{name}": Exists(rows(OuterRef("pk"))) for name, rows in _registered.items()}
    if not tests:
        return frozenset()
    people = type(user)._default_manager.filter(pk=user.pk, is_active=True)
    held = people.annotate(**tests).values_list(*tests).first()
    return frozenset(name for name, holds in zip(_registered, held, strict=True) if holds) if held else frozenset()
