"""What every move of a thing with a state does: the check, the row, its step, its record."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import connection, models

from accounts.models import User
from audit.services import record
from core.models import StateChange
from core.states import Moves, check_move


def begin(thing: Any, steps: type[StateChange], *, actor: User | None, at: dt.datetime, reason: str = "") -> None:
    """The first step of a thing that was just made."""
    manager: Any = steps._default_manager
    manager.create(subject=thing, state=thing.status, at=at, actor=actor, reason=reason)


def move(  # noqa: PLR0913  (all by keyword)
    thing: Any,
    to: str,
    moves: Moves,
    steps: type[StateChange],
    *,
    actor: User | None,
    at: dt.datetime,
    subject: models.Model | None = None,
    reason: str = "",
    after: Mapping[str, Any] | None = None,
) -> None:
    """Bring a locked row to `to`; the caller has set its other fields. `subject` is the root object, for the record."""
    check_move(thing, to, moves)
    before = thing.status
    thing.status = to
    thing.save()
    begin(thing, steps, actor=actor, at=at, reason=reason)
    record(
        actor,
        f"{type(thing).__name__.lower()}.{to}",
        thing,
        at=at,
        subject=subject,
        before={"status": before},
        after={"status": to, **({"reason": reason} if reason else {}), **(after or {})},
    )


def next_number(model: type[models.Model], prefix: str, at: dt.datetime) -> str:
    """`AW-2026-0001` and on: without a gap within a year, since whoever asks second waits for the first."""
    stem = f"{prefix}-{at.year}-"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"number:{stem}"])
    last = model._default_manager.filter(number__startswith=stem).order_by("-number").values_list("number", flat=True)
    latest = last.first()
    return f"{stem}{int(latest.removeprefix(stem)) + 1 if latest else 1:04d}"
