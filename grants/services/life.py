"""Changing what people count on, while a call runs: more time, a pause, calling it off. Each with a reason that all read."""

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.clock import check_plausible
from core.errors import InvalidInput, WrongState
from grants.models import Call, CallPause, DeadlineChange, LateAccess, Stage
from grants.services import call_letters as letters
from grants.services import clock, dues, late_moves
from grants.services.call_moves import TAKING_BACK, Status, lock_call, move_call, reason_given
from grants.services.moving import Act, move_deadline, move_signing, open_again, order_broken
from grants.zones import later_by_days

MINUTE, DAY = 60, 86400
STAY, BY_DAYS, EXACTLY = "stay", "days", "exactly"


# --- more time --------------------------------------------------------------------------------------------------------
@transaction.atomic
def extend_deadline(stage: Stage, closes_at: dt.datetime, *, reason: str, actor: User | None, at: dt.datetime) -> Stage:
    """Move a deadline to a later instant. Everybody concerned is told, every reminder follows; a closed call opens again.

    The offices' last day moves along by as much. Refused for an earlier instant, one that is past, one after the next
    deadline of the call; for a cut-off that has passed while a later one is to come; and once review began.
    """
    call = lock_call(stage.call)
    stages = list(Stage.objects.select_for_update(no_key=True).filter(call=call).order_by("number"))
    locked = next(one for one in stages if one.pk == stage.pk)
    locked.call = call
    reason = reason_given(reason, _("Say why: everybody who writes a proposal reads it."))
    if call.status not in TAKING_BACK:
        raise WrongState(
            _("The deadline of a call that is %(state)s can't be extended.")
            % {"state": call.get_status_display().lower()},
            state=call.status,
        )
    if call.shape == Call.Shape.CUT_OFFS and locked.closes_at <= at and locked != stages[-1]:
        raise WrongState(
            _("This cut-off has passed: what was being written goes on to the next. Give extra time to who missed it.")
        )
    check_plausible(closes_at, field="closes_at")
    if closes_at <= locked.closes_at or closes_at <= at:
        raise InvalidInput(_("The new deadline must be later than the old one, and not over."), field="closes_at")
    signing = locked.sign_off_until
    if signing is not None:
        signing += closes_at - locked.closes_at
        check_plausible(signing, field="closes_at")
    proposed = [_with(one, closes_at) if one.pk == locked.pk else one for one in stages]
    if broken := order_broken(proposed):
        raise InvalidInput(broken, field="closes_at")
    act = Act(actor, at, reason)
    change = move_deadline(locked, closes_at, signing, act)
    open_again(call, act)
    letters.extended(call, [change], at)
    return locked


def _with(stage: Stage, closes_at: dt.datetime) -> Stage:
    return Stage(pk=stage.pk, number=stage.number, opens_at=stage.opens_at, closes_at=closes_at)


# --- pausing ----------------------------------------------------------------------------------------------------------
def still_takes(stages: Iterable[Stage], at: dt.datetime) -> bool:
    """Whether a closed call still takes something: a signature, or what somebody has extra time for."""
    stages = list(stages)
    late = LateAccess.objects.filter(stage__in=stages).in_force(at)
    return any(stage.last_sign_off() > at for stage in stages) or late.exists()


@transaction.atomic
def pause_call(call: Call, *, reason: str, actor: User | None, at: dt.datetime) -> Call:
    """Until it goes on nothing is started, handed in or signed; writing goes on, and the clock brings nothing.

    Everybody concerned is told why; reminders are called off. What was received before stays in. Twice is harmless.
    """
    locked = lock_call(call)
    if locked.paused_at is not None:
        return locked
    reason = reason_given(reason, _("Say why: everybody who writes a proposal reads it."))
    stages = list(locked.stages.all())
    over = locked.status == Status.CLOSED and not still_takes(stages, at)
    if locked.status not in TAKING_BACK or over:
        raise WrongState(_("This call takes nothing any more: there is nothing to pause."), state=locked.status)
    locked.paused_at = at
    locked.version += 1
    locked.save(update_fields=["paused_at", "version"])
    pause = CallPause.objects.create(call=locked, since=at, reason=reason, by=actor)
    record(actor, "call.paused", locked, at=at, before={"paused_at": None}, after={"paused_at": at, "reason": reason})
    dues.dues_of_call(locked, at, on=False)
    letters.paused(locked, pause, at)
    return locked


@dataclass(frozen=True)
class NewDates:
    """What a stage would have after a pause, or after an outage."""

    stage: Stage
    opens_at: dt.datetime
    closes_at: dt.datetime
    sign_off_until: dt.datetime | None

    @property
    def moves(self) -> bool:
        return self.closes_at != self.stage.closes_at

    @property
    def signing_moves(self) -> bool:
        return self.sign_off_until != self.stage.sign_off_until


def dates_after_pause(call: Call, how: str, at: dt.datetime) -> list[NewDates]:
    """The dates that a paused call would have if it went on now, by one of the three ways; nothing is changed.

    `stay`: as they are. `exactly`: later by the length of the pause, rounded up to the minute. `days`: by whole days,
    rounded up, so that each keeps its hour in its zone. Only what was still to come when the pause began moves.
    """
    since = call.paused_at
    stages = list(call.stages.all())
    if since is None:
        return []

    def later(instant: dt.datetime, zone: str) -> dt.datetime:
        return _after_pause(instant, zone, since, how, at)

    return [
        NewDates(
            stage,
            later(stage.opens_at, stage.zone),
            later(stage.closes_at, stage.zone),
            later(stage.sign_off_until, stage.zone) if stage.sign_off_until else None,
        )
        for stage in stages
    ]


def _after_pause(instant: dt.datetime, zone: str, since: dt.datetime, how: str, at: dt.datetime) -> dt.datetime:
    if how == STAY or instant <= since:
        return instant
    length = (at - since).total_seconds()
    if how == BY_DAYS:
        return later_by_days(instant, zone, math.ceil(length / DAY))
    return instant + dt.timedelta(seconds=math.ceil(length / MINUTE) * MINUTE)


@transaction.atomic
def resume_call(call: Call, *, move: str = STAY, actor: User | None, at: dt.datetime) -> Call:
    """End the pause, and move what was still to come when it began (`dates_after_pause`): all dates, or none.

    Everybody concerned reads the dates that hold now; reminders go by them. A deadline that passed meanwhile and is not
    moved is over: the clock then does what it would have done. Twice is harmless.
    """
    if move not in {STAY, BY_DAYS, EXACTLY}:
        raise InvalidInput(_("Choose what becomes of the dates."), field="move")
    locked = lock_call(call)
    if locked.paused_at is None:
        return locked
    list(Stage.objects.select_for_update(no_key=True).filter(call=locked).order_by("number"))
    new, since = dates_after_pause(locked, move, at), locked.paused_at
    pause = locked.pauses.get(until=None)
    locked.paused_at = None
    locked.version += 1
    fields = ["paused_at", "version"]
    if locked.internal_until is not None and locked.internal_until > since:
        locked.internal_until = _after_pause(locked.internal_until, new[0].stage.zone, since, move, at)
        fields.append("internal_until")
    locked.save(update_fields=fields)
    pause.until = at
    pause.save(update_fields=["until"])
    record(actor, "call.resumed", locked, at=at, before={"paused_at": since}, after={"paused_at": None, "dates": move})
    act = Act(actor, at, _("The call was paused. %(reason)s") % {"reason": pause.reason})
    changes = _apply(locked, new, act)
    late_moves.move_all(
        LateAccess.objects.filter(stage__call=locked, until__gt=since),
        lambda row: _after_pause(row.until, row.stage.zone, since, move, at),
        act,
    )
    open_again(locked, act)
    dues.dues_of_call(locked, at, on=True)
    letters.resumed(locked, pause, changes, at)
    clock.follow_now(locked, at)
    return locked


def _apply(call: Call, new: list[NewDates], act: Act) -> list[DeadlineChange]:
    """From the last stage to the first, so that none ever closes before it opens."""
    changes = []
    for one in reversed(new):
        stage = one.stage
        stage.call = call
        if one.opens_at != stage.opens_at:
            before, stage.opens_at = stage.closes_at, one.opens_at
            stage.closes_at = max(one.closes_at, before)  # at no moment does it close before it opens
            stage.save(update_fields=["opens_at", "closes_at"])
            stage.closes_at = before
        if one.moves:
            changes.append(move_deadline(stage, one.closes_at, one.sign_off_until, act))
        elif one.signing_moves and one.sign_off_until is not None:
            move_signing(stage, one.sign_off_until, act)
    return changes[::-1]


# --- calling it off ---------------------------------------------------------------------------------------------------
@transaction.atomic
def cancel_call(call: Call, *, reason: str, actor: User | None, at: dt.datetime) -> Call:
    """Call it off before it is decided. Everybody concerned is told why; what they wrote stays readable."""
    locked = lock_call(call)
    if locked.status == Status.CANCELLED:
        return locked
    reason = reason_given(reason, _("Say why: everybody who writes a proposal reads it."))
    was_public = locked.status != Status.DRAFT
    locked.pauses.filter(until=None).update(until=at)
    locked.paused_at = None
    move_call(locked, Status.CANCELLED, verb="cancelled", actor=actor, at=at, reason=reason)
    dues.dues_of_call(locked, at, on=False)
    if was_public:
        letters.cancelled(locked, reason, at)
    return locked
