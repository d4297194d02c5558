"""A call that is always open: its cut-offs, and how what was not in by one goes on to the next. Nothing is ever lost."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.errors import InvalidInput, WrongState
from grants import windows
from grants.models import Call, Proposal, ProposalAccess, Stage
from grants.models.proposals import TEAM
from grants.services import call_letters as letters
from grants.services.call_moves import TAKING_BACK, Status, lock_call, move_call
from grants.services.dues import set_dues
from grants.services.stage_dates import checked_dates

DRAFT, AWAITING = Proposal.Status.DRAFT, Proposal.Status.AWAITING_SIGN_OFF
UNSIGNED = (DRAFT, AWAITING)
MOST_CUT_OFFS = 60


# --- further cut-offs -------------------------------------------------------------------------------------------------
@transaction.atomic
def add_cut_off(
    call: Call,
    *,
    closes_at: dt.datetime,
    sign_off_until: dt.datetime | None = None,
    actor: User | None,
    at: dt.datetime,
) -> Stage:
    """One more cut-off after the last of a running call. Everybody concerned is told; a closed call opens again."""
    locked = lock_call(call)
    if locked.shape != Call.Shape.CUT_OFFS:
        raise WrongState(_("Only a call with cut-off dates can have more of them."))
    if locked.status not in TAKING_BACK:
        raise WrongState(
            _("A call that is %(state)s has no more cut-offs.") % {"state": locked.get_status_display().lower()}
        )
    last = locked.stages.order_by("-number")[0]
    if closes_at <= last.closes_at or closes_at <= at:
        raise InvalidInput(_("The new cut-off comes after the last one, and is still to come."), field="closes_at")
    values = checked_dates(last.closes_at, closes_at, last.zone, sign_off_until)
    if last.number >= MOST_CUT_OFFS:
        raise InvalidInput(_("A call has at most %(most)d cut-offs.") % {"most": MOST_CUT_OFFS}, field="closes_at")
    stage = Stage.objects.create(
        call=locked,
        number=last.number + 1,
        kind=last.kind,
        form=last.form,
        **values,
    )
    after = {"number": stage.number, "closes_at": closes_at, "sign_off_until": sign_off_until}
    record(actor, "call.cut_off_added", stage, at=at, subject=locked, after=after)
    if locked.status == Status.CLOSED:
        move_call(locked, Status.OPEN, verb="reopened", actor=actor, at=at, reason=_("A further cut-off was added."))
    set_dues(stage, at)
    letters.added(stage, at)
    return stage


# --- rolling over -----------------------------------------------------------------------------------------------------
def roll_over(call: Call, at: dt.datetime) -> int:
    """Let what was not in by a cut-off count for the next that is to come: drafts, and what waits for a signature.

    `call` is locked. A draft stays where its own deadline is not over (extra time), a handed in one until the last
    instant at which it may be signed. Under the last cut-off they stay. How many moved on.
    """
    if call.shape != Call.Shape.CUT_OFFS or windows.is_paused(call, at):
        return 0
    stages = list(call.stages.all())
    coming = next((one for one in stages if one.closes_at > at), None)
    passed = [one for one in stages if one.closes_at <= at]
    if coming is None or not passed:
        return 0
    rows = _unsigned(call, stage__in=passed)
    extra = windows.extra_of(rows, at)
    due = [row for row in rows if at >= _last_instant(row, extra.get(row.pk))]
    _move(due, coming, at)
    return len(due)


def bring_back(stage: Stage, passed: dt.datetime, at: dt.datetime, **whose: Any) -> int:
    """A cut-off that had passed at the instant `passed` has more time, for all or for `whose`: what moved on from it
    comes back to it, if it was begun before that and is still not in."""
    if stage.call.shape != Call.Shape.CUT_OFFS:
        return 0
    rows = _unsigned(stage.call, stage__number__gt=stage.number, created_at__lt=passed, **whose)
    _move(rows, stage, at)
    return len(rows)


def as_received(locked: Proposal, at: dt.datetime) -> bool:
    """What was received before a cut-off passed counts for it, even if the clock had let it move on by the time its turn
    came: then it is put back first. Whether it was."""
    if locked.call.shape != Call.Shape.CUT_OFFS or locked.status not in UNSIGNED:
        return False
    earlier = list(locked.call.stages.filter(number__lt=locked.stage.number).order_by("number"))
    places = [locked.university] if locked.university else []
    extra = windows.extra_by_stage(earlier, person=locked.pi, universities=places, at=at)
    for stage in earlier:
        until = extra.get(stage.pk)
        closes = max(stage.closes_at, until) if until else stage.closes_at
        signs = max(stage.last_sign_off(), until) if until else stage.last_sign_off()
        if closes <= locked.created_at:
            continue
        if locked.status == DRAFT:
            in_time = stage.opens_at <= at < closes
        else:
            handed_in = locked.handed_in_at or at
            in_time = handed_in < closes and at < signs
        if in_time:
            stage.call = locked.call
            _move([locked], stage, at)
            return True
    return False


def _unsigned(call: Call, **where: Any) -> list[Proposal]:
    held = Proposal.objects.select_for_update(of=("self",)).filter(call=call, status__in=UNSIGNED, **where)
    return list(held.select_related("stage", "pi", "university").order_by("pk"))


def _last_instant(row: Proposal, extra: dt.datetime | None) -> dt.datetime:
    usual = row.stage.closes_at if row.status == DRAFT else row.stage.last_sign_off()
    return usual if extra is None else max(usual, extra)


def _move(rows: Sequence[Proposal], to: Stage, at: dt.datetime) -> None:
    """`version` rises: who had it open is asked to look again before handing in or signing for another date."""
    people: dict[Any, list[User]] = {}
    writing = ProposalAccess.objects.filter(proposal__in=rows, role__in=TEAM, user__is_active=True)
    for access in writing.select_related("user").order_by("granted_at", "pk"):
        people.setdefault(access.proposal_id, []).append(access.user)
    for row in rows:
        before, row.stage = row.stage, to
        row.call = to.call
        row.version += 1
        row.save(update_fields=["stage", "version"])
        record(
            None,
            "proposal.moved_on",
            row,
            at=at,
            before={"stage": before.number, "closes_at": before.closes_at},
            after={"stage": to.number, "closes_at": to.closes_at},
        )
        letters.moved_on(row, before, people.get(row.pk, []), at)
