"""The one writer of a proposal's status: the move checked, the row, its step and its audit event together."""

import datetime as dt
from typing import Any

from accounts.models import User
from audit.services import record
from grants import transitions
from grants.models import Proposal, ProposalStep


def move(  # noqa: PLR0913  (all by keyword)
    locked: Proposal,
    to: str,
    *,
    verb: str,
    actor: User | None,
    at: dt.datetime,
    reason: str = "",
    **fields: Any,
) -> ProposalStep:
    """Take a locked proposal to another state, with other `fields` set along. Refuses a move that the table has not."""
    transitions.check(locked, to)
    before = locked.status
    for name, value in {**fields, "status": to, "updated_at": at}.items():
        setattr(locked, name, value)
    locked.save(update_fields=[*fields, "status", "updated_at"])
    step = ProposalStep.objects.create(subject=locked, state=to, at=at, actor=actor, reason=reason)
    after = {"status": to, **({"reason": reason} if reason else {})}
    record(actor, verb, locked, at=at, before={"status": before}, after=after)
    return step
