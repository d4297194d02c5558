"""The dates of a call as its page tells them: what opens and closes when, what is next, how long is left."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from grants.models import Call, Stage

Shape = Call.Shape


@dataclass(frozen=True)
class Date:
    """One line of a call's dates. `kind`: opens, closes, sign_off or pick. `is_next`: the first that is not over."""

    words: str
    at: dt.datetime
    zone: str
    kind: str
    stage: Stage
    over: bool = False
    is_next: bool = False


def dates_of(call: Call, stages: Sequence[Stage], at: dt.datetime) -> list[Date]:
    """Every date of every stage, in the order in which they come; where two fall together, in the order of the process."""
    found = sorted(_all(call, stages), key=lambda one: one[1])
    ahead = next((place for place, (_words, moment, _kind, _stage) in enumerate(found) if moment > at), None)
    return [
        Date(words, moment, stage.zone, kind, stage, over=moment <= at, is_next=place == ahead)
        for place, (words, moment, kind, stage) in enumerate(found)
    ]


Line = tuple[str, dt.datetime, str, Stage]


def _all(call: Call, stages: Sequence[Stage]) -> Iterator[Line]:
    for stage in stages:
        opens, closes = words_of(call, stage, stages)
        if call.shape != Shape.CUT_OFFS or stage is stages[0]:
            yield opens, stage.opens_at, "opens", stage
        if stage is stages[0] and call.internal_limit and call.internal_until:
            yield _("Universities have picked by"), call.internal_until, "pick", stage
        yield closes, stage.closes_at, "closes", stage
        if stage.sign_off_until and stage.sign_off_until > stage.closes_at:
            yield _("Research offices sign until"), stage.sign_off_until, "sign_off", stage


def words_of(call: Call, stage: Stage, stages: Sequence[Stage]) -> tuple[str, str]:
    """What the opening and the closing of a stage are called."""
    if call.shape == Shape.TWO_STAGE:
        if stage.kind == Stage.Kind.EOI:
            return _("Expressions of interest from"), _("Expressions of interest close")
        return _("Full proposals, by invitation, from"), _("Full proposals close")
    if call.shape == Shape.CUT_OFFS and len(stages) > 1:
        return _("Opens"), _("Cut-off %(n)d of %(all)d") % {"n": stage.number, "all": len(stages)}
    return _("Opens"), _("Closes")


# --- how long is left -------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Clock:
    """What the page counts down to, as it is at `now` by the database's clock. The browser goes on from there."""

    words: str
    until: dt.datetime
    zone: str
    now: dt.datetime

    @property
    def seconds(self) -> int:
        """Whole seconds left, rounded down: nobody believes to have longer than they have."""
        return max(0, int((self.until - self.now).total_seconds()))

    @property
    def days(self) -> int:
        return self.seconds // 86_400

    @property
    def hours(self) -> int:
        return self.seconds % 86_400 // 3_600

    @property
    def minutes(self) -> int:
        return self.seconds % 3_600 // 60

    @property
    def is_urgent(self) -> bool:
        return self.seconds < 3 * 86_400


def clock_of(call: Call, stage: Stage, stages: Sequence[Stage], at: dt.datetime) -> Clock | None:
    """Nothing is counted down while the call is paused, or once it takes nothing any more."""
    if call.status not in {Call.Status.PUBLISHED, Call.Status.OPEN} or call.paused_at is not None:
        return None
    opens, closes = words_of(call, stage, stages)
    if stage.opens_at > at:
        return Clock(opens, stage.opens_at, stage.zone, at)
    if stage.closes_at > at:
        words = _("Next cut-off") if call.shape == Shape.CUT_OFFS and len(stages) > 1 else closes
        return Clock(words, stage.closes_at, stage.zone, at)
    return None
