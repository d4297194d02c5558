"""Proving the books on request, so that the proof itself stands in the audit trail: when, by whom, with what result."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Role, User
from audit.models import AuditEvent
from audit.services import record
from core.errors import require
from funds.models import Fund, LedgerHead
from funds.queries import faults

VERB = "ledger.verified"


def can_verify(user: User) -> str | None:
    if user.has_role(Role.AUDITOR, Role.ADMINISTRATOR):
        return None
    return _("The books are proved by auditors and administrators.")


@transaction.atomic
def verify_books(fund: Fund, *, actor: User, at: dt.datetime) -> list[str]:
    """Recompute the chain and every balance of `fund`, and record what came out. An empty list: the books are whole."""
    require(can_verify(actor))
    head = LedgerHead.objects.select_for_update().get(fund=fund)
    found = faults(fund)
    record(actor, VERB, fund, at=at, after={"entries": head.sequence, "hash": head.hash, "faults": found})
    return found


def last_verified() -> dict[str, AuditEvent]:
    """The latest proof of each fund by its key; one query."""
    rows = AuditEvent.objects.filter(verb=VERB).select_related("actor")
    return {event.target_id: event for event in rows.order_by("target_id", "-at", "-id").distinct("target_id")}
