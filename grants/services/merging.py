"""What two universities that become one had under calls: proposals, extra time, and who was put forward."""

import datetime as dt

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.errors import WrongState
from grants.models import Call, InternalEntry, InternalEntryStep, LateAccess, Proposal, TeamMember
from grants.services.late import end_row
from universities.models import University

Status = InternalEntry.Status


def follow_merge(duplicate: University, into: University, actor: User, at: dt.datetime) -> None:
    """Everything of `duplicate` belongs to `into`; what was frozen when it was handed in keeps the name that it had.

    Refused while both together hold more places of an internal competition than the call gives to one university.
    """
    both = Q(proposals__university=duplicate) | Q(internal_entries__university=duplicate)
    concerned = Call.objects.filter(both | Q(stages__late_access__university=duplicate)).values("pk")
    list(Call.objects.select_for_update(of=("self",)).filter(pk__in=concerned).order_by("pk"))
    Proposal.objects.filter(university=duplicate).update(university=into)
    TeamMember.objects.filter(university=duplicate).update(university=into)
    _move_extra_time(duplicate, into, actor, at)
    for entry in InternalEntry.objects.select_for_update().filter(university=duplicate).select_related("call"):
        _move_entry(entry, into, actor, at)


def _move_extra_time(duplicate: University, into: University, actor: User, at: dt.datetime) -> None:
    """Of two grants for one stage the longer one stays in force."""
    rows = LateAccess.objects.select_related("stage__call", "university")
    there = {row.stage_id: row for row in rows.filter(university=into, ended_at=None)}
    for row in rows.select_for_update(of=("self",)).filter(university=duplicate):
        other = there.get(row.stage_id) if row.ended_at is None else None
        if other is not None:
            weaker = row if row.until <= other.until else other
            end_row(weaker, actor, at)
        row.university = into
        row.save(update_fields=["university"])


def _move_entry(entry: InternalEntry, into: University, actor: User, at: dt.datetime) -> None:
    there = InternalEntry.objects.filter(call=entry.call, university=into)
    twin = there.filter(person=entry.person).exclude(status=Status.WITHDRAWN).first()
    if twin is not None and entry.status != Status.WITHDRAWN:
        _give_way(entry if entry.status != Status.PICKED else twin, actor, at)
        entry.refresh_from_db()
    if entry.slot is not None:
        entry.slot = _free_slot(entry, set(there.exclude(slot=None).values_list("slot", flat=True)))
    entry.university = into
    entry.save(update_fields=["university", "slot"])


def _free_slot(entry: InternalEntry, taken: set[int | None]) -> int:
    for slot in range(1, (entry.call.internal_limit or 0) + 1):
        if slot not in taken:
            return slot
    raise WrongState(
        _(
            "Under %(call)s both together have picked more than the call takes from one university: take a pick back first."
        )
        % {"call": entry.call.code}
    )


def _give_way(entry: InternalEntry, actor: User, at: dt.datetime) -> None:
    """One person has one entry at one university: the one that was not picked is withdrawn."""
    before, entry.status, entry.slot = entry.status, Status.WITHDRAWN, None
    entry.version += 1
    entry.save(update_fields=["status", "slot", "version"])
    reason = _("The two entries of this university were merged.")
    InternalEntryStep.objects.create(subject=entry, state=entry.status, at=at, actor=actor, reason=reason)
    record(actor, "internal.withdrawn", entry, at=at, before={"status": before}, after={"status": entry.status})
