"""The one writer of a proposal's status: the move checked, the row, its step and its audit event together."""

import datetime as dt
from typing import Any

from accounts.models import User
from audit.services import record
from grants import transitions
from grants.models import Proposal, ProposalStep
from grants.models.proposals import UNRELEASED


def move(
    locked: Proposal,
    to: str,
    *,
    verb: str,
    actor: User | None,
    at: dt.datetime,
    reason: str = "",
    **fields: Any,
) -> ProposalStep:
    """Take a locked proposal to another state, with other `fields` set along. Refuses a move that the table has not.

    What is not released yet leaves `updated_at` alone: its team would see by the order of a list that something happened.
    """
    transitions.check(locked, to)
    before = locked.status
    changed = {**fields, "status": to, **({} if to in UNRELEASED else {"updated_at": at})}
    for name, value in changed.items():
        setattr(locked, name, value)
    locked.save(update_fields=list(changed))
    step = ProposalStep.objects.create(subject=locked, state=to, at=at, actor=actor, reason=reason)
    after = {"status": to, **({"reason": reason} if reason else {})}
    record(actor, verb, locked, at=at, before={"status": before}, after=after)
    return step
