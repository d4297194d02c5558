"""Extra time that moves along: because its call was paused, or the installation could not be reached."""

import datetime as dt
from collections.abc import Callable

from django.db.models import QuerySet

from audit.services import record
from grants.models import LateAccess
from grants.services import call_letters as letters
from grants.services.dues import set_late_due
from grants.services.moving import Act


def move_late(row: LateAccess, until: dt.datetime, act: Act) -> None:
    """Later, never earlier: those it was given to read the new instant, their reminders follow."""
    before, row.until = row.until, until
    row.save(update_fields=["until"])
    record(
        act.actor,
        "late_access.moved",
        row,
        at=act.at,
        subject=row.stage.call,
        before={"until": before},
        after={"until": until, "reason": act.reason},
    )
    set_late_due(row, act.at)
    letters.late_given(row, act.at)


def move_all(rows: QuerySet[LateAccess], to: Callable[[LateAccess], dt.datetime], act: Act) -> int:
    """How many of those that were not ended moved."""
    moved = 0
    held = rows.filter(ended_at=None).select_for_update(of=("self",))
    for row in held.select_related("stage__call", "person", "university").order_by("pk"):
        until = to(row)
        if until > row.until:
            move_late(row, until, act)
            moved += 1
    return moved
