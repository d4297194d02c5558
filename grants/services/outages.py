"""This installation could not be reached: every deadline that fell into that time gives it back, all in one act."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.clock import check_plausible
from core.errors import InvalidInput, StaleWrite
from grants.models import Call, DeadlineChange, LateAccess, Outage, Stage
from grants.services import call_letters as letters
from grants.services import competition, late_moves
from grants.services.call_moves import RUNNING, TAKING_BACK, reason_given
from grants.services.moving import Act, move_deadline, move_signing, open_again, order_broken

CLOSES, SIGNS, PICKS, LATE = "closes", "signs", "picks", "late"
LONGEST_GRACE, LONGEST_OUTAGE = dt.timedelta(days=14), dt.timedelta(days=30)


@dataclass(frozen=True)
class Moved:
    """One deadline that an outage moves: of all applicants (`closes`), of the offices (`signs`; `picks` in a university's own
    competition), of a grant of extra time (`late`)."""

    kind: str
    stage: Stage
    before: dt.datetime
    after: dt.datetime
    late: LateAccess | None = None


@dataclass(frozen=True)
class Effect:
    """What recording an outage does. `over`: those that it touches, but whose new instant has passed already, too: for
    these an officer gives more grace, or extends by hand."""

    moves: Sequence[Moved]
    over: Sequence[Moved]

    @property
    def mark(self) -> str:
        """Names exactly this effect: what is confirmed is what was shown."""
        parts = [f"{one.kind}:{one.stage.pk}:{one.late and one.late.pk}:{one.after.isoformat()}" for one in self.moves]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Span:
    """From when until when it could not be reached, and how long everybody has at least after that."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    grace: dt.timedelta

    def checked(self, at: dt.datetime) -> "Span":
        for field, instant in (("starts_at", self.starts_at), ("ends_at", self.ends_at)):
            check_plausible(instant, field=field)
        if self.ends_at <= self.starts_at:
            raise InvalidInput(_("It ended after it began."), field="ends_at")
        if self.ends_at > at:
            raise InvalidInput(_("Record it when it is over: only then it is known what it took."), field="ends_at")
        if self.ends_at - self.starts_at > LONGEST_OUTAGE:
            raise InvalidInput(_("An outage of more than 30 days is a pause of each call."), field="starts_at")
        if not dt.timedelta() <= self.grace <= LONGEST_GRACE:
            raise InvalidInput(_("The time after it is between 0 and 336 hours."), field="grace")
        return self

    def touches(self, instant: dt.datetime) -> bool:
        """It fell into the outage, or so soon after its end that there was no time left to hand in."""
        return self.starts_at <= instant < self.ends_at + self.grace

    def moved(self, instant: dt.datetime) -> dt.datetime:
        """The time that was lost comes back, and there is at least the grace after the end; on the full minute."""
        later = max(instant + (self.ends_at - self.starts_at), self.ends_at + self.grace)
        return later if not (later.second or later.microsecond) else _next_minute(later)


def _next_minute(instant: dt.datetime) -> dt.datetime:
    return instant.replace(second=0, microsecond=0) + dt.timedelta(minutes=1)


def effect_of(span: Span, at: dt.datetime) -> Effect:
    """Every deadline of every call that still takes something, with its new instant. Changes nothing; three queries."""
    last = span.ends_at + span.grace
    within = {"gte": span.starts_at, "lt": last}
    touched = Q(**{f"closes_at__{how}": instant for how, instant in within.items()})
    touched |= Q(**{f"sign_off_until__{how}": instant for how, instant in within.items()})
    stages = Stage.objects.filter(touched, call__status__in=TAKING_BACK).select_related("call")
    late = LateAccess.objects.filter(
        stage__call__status__in=TAKING_BACK, ended_at=None, until__gte=span.starts_at, until__lt=last
    ).select_related("stage__call", "person", "university")
    picking = Stage.objects.filter(
        number=1, call__status__in=RUNNING, call__internal_until__gte=span.starts_at, call__internal_until__lt=last
    ).select_related("call")
    found = [*_of_stages(stages.order_by("call__code", "number"), span)]
    found += [_picks(stage, span) for stage in picking.order_by("call__code")]
    found += [Moved(LATE, row.stage, row.until, span.moved(row.until), row) for row in late.order_by("until", "pk")]
    return Effect([one for one in found if one.after > at], [one for one in found if one.after <= at])


def _picks(stage: Stage, span: Span) -> Moved:
    until = stage.call.internal_until
    assert until is not None  # it was asked for
    return Moved(PICKS, stage, until, span.moved(until))


def _of_stages(stages: Iterable[Stage], span: Span) -> Iterator[Moved]:
    for stage in stages:
        closes = stage.closes_at
        if span.touches(closes):
            closes = span.moved(closes)
            yield Moved(CLOSES, stage, stage.closes_at, closes)
        signs = stage.sign_off_until
        if signs is None:
            continue
        new = max(span.moved(signs) if span.touches(signs) else signs, closes)
        if new != signs:
            yield Moved(SIGNS, stage, signs, new)


def _must_keep_order(effect: Effect) -> None:
    """Two deadlines of one call never fall on one instant, or change places, because both get the same grace."""
    moved = {one.stage.pk: one.after for one in effect.moves if one.kind == CLOSES}
    calls = {one.stage.call_id: one.stage.call for one in effect.moves if one.kind == CLOSES}
    for call in calls.values():
        stages = list(call.stages.order_by("number"))
        for stage in stages:
            stage.closes_at = moved.get(stage.pk, stage.closes_at)
        if broken := order_broken(stages):
            raise InvalidInput(f"{call.code}: {broken} " + _("Give less time after the outage."), field="grace")


@transaction.atomic
def record_outage(span: Span, *, reason: str, shown: str | None = None, actor: User | None, at: dt.datetime) -> Outage:
    """Write it down and move everything that it touched. Everybody concerned is told once for each call.

    `shown` is the mark of the effect that was read before; if it is another by now, nothing happens. The same outage
    again is answered by the first.
    """
    reason = reason_given(reason, _("Say what happened: everybody who writes a proposal reads it."))
    span = span.checked(at)
    calls = Call.objects.select_for_update(of=("self",)).filter(status__in=TAKING_BACK)
    held = {call.pk: call for call in calls.select_related("programme__fund", "created_by").order_by("pk")}
    if same := Outage.objects.filter(starts_at=span.starts_at, ends_at=span.ends_at, reason=reason).first():
        return same
    list(Stage.objects.select_for_update(no_key=True).filter(call__in=held).order_by("call", "number"))
    effect = effect_of(span, at)
    if shown is not None and shown != effect.mark:
        raise StaleWrite(_("The deadlines changed after you looked. Look at what will happen now, then confirm it."))
    _must_keep_order(effect)
    outage = Outage.objects.create(
        starts_at=span.starts_at, ends_at=span.ends_at, reason=reason, recorded_by=actor, recorded_at=at
    )
    after = {"starts_at": span.starts_at, "ends_at": span.ends_at, "grace": str(span.grace), "reason": reason}
    record(actor, "outage.recorded", outage, at=at, after={**after, "moved": len(effect.moves)})
    _move_stages(outage, effect, held, actor=actor, at=at)
    act = Act(actor, at, reason, outage)
    for one in effect.moves:
        if one.late is not None:
            late_moves.move_late(one.late, one.after, act)
        elif one.kind == PICKS:
            _move_picking(held[one.stage.call_id], one, act)
    return outage


def _move_picking(call: Call, one: Moved, act: Act) -> None:
    call.internal_until = one.after
    call.save(update_fields=["internal_until"])
    after = {"internal_until": one.after, "reason": act.reason}
    record(act.actor, "call.picking_extended", call, at=act.at, before={"internal_until": one.before}, after=after)
    competition.follow_deadline(call, act.at)
    letters.picking_extended(one.stage, one.after, act.reason, act.at)


def _move_stages(
    outage: Outage, effect: Effect, held: Mapping[Any, Call], *, actor: User | None, at: dt.datetime
) -> None:
    act = Act(actor, at, outage.reason, outage)
    by_stage: dict[Any, dict[str, Moved]] = {}
    for one in effect.moves:
        if one.kind in {CLOSES, SIGNS}:
            by_stage.setdefault(one.stage.pk, {})[one.kind] = one
    changes: dict[Any, list[DeadlineChange]] = {}
    # From the last cut-off to the first: what moved on comes back to the earliest that it was begun for.
    for moved in reversed(by_stage.values()):
        stage = next(iter(moved.values())).stage
        call = stage.call = held[stage.call_id]
        signs = moved[SIGNS].after if SIGNS in moved else stage.sign_off_until
        if CLOSES in moved:
            changes.setdefault(call.pk, []).insert(0, move_deadline(stage, moved[CLOSES].after, signs, act))
        elif signs is not None:
            letters.signing_extended(stage, signs, outage.reason, at)
            move_signing(stage, signs, act)
    for key, moved_there in changes.items():
        open_again(held[key], act)
        letters.extended(held[key], moved_there, at)
