"""The one writer of a call's status, and what every act on a call begins with."""

import datetime as dt

from accounts.models import User
from audit.services import record
from core.errors import InvalidInput
from core.text import clean_text
from grants.models import Call, CallStep
from grants.transitions import check_call

Status = Call.Status
RUNNING = (Status.PUBLISHED, Status.OPEN)
TAKING_BACK = (*RUNNING, Status.CLOSED)  # a deadline of it may still be moved
LONGEST_REASON = 4000


def lock_call(call: Call) -> Call:
    """The row, fresh and held: whoever else acts on this call, or begins a proposal under it, waits here."""
    rows = Call.objects.select_for_update(of=("self",)).select_related("programme__fund", "created_by")
    return rows.get(pk=call.pk)


def move_call(locked: Call, to: str, *, verb: str, actor: User | None, at: dt.datetime, reason: str = "") -> None:
    """Take a locked call to another state: its row, its step and its audit event together."""
    check_call(locked, to)
    before = locked.status
    locked.status = to
    locked.version += 1
    locked.save(update_fields=["status", "version", "published_at", "paused_at"])
    CallStep.objects.create(subject=locked, state=to, at=at, actor=actor, reason=reason)
    after = {"status": to, **({"reason": reason} if reason else {})}
    record(actor, f"call.{verb}", locked, at=at, before={"status": before}, after=after)


def reason_given(reason: str, ask: str) -> str:
    reason = clean_text(reason, field="reason", longest=LONGEST_REASON).strip()
    if not reason:
        raise InvalidInput(ask, field="reason")
    return reason
