"""What every move of a thing with a state does: the check, the row, its step, its record."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import models

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
