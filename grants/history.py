"""How a call's dates came to be what they are, in plain words for everybody: nobody named, nothing of extra time."""

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import User
from grants.models import Call, CallPause, DeadlineChange, Stage


@dataclass(frozen=True)
class Happened:
    """One line. `kind`: moved, outage, paused, resumed. `before` and `after` are given for a deadline that moved."""

    at: dt.datetime
    kind: str
    words: str
    reason: str = ""
    stage: Stage | None = None
    before: dt.datetime | None = None
    after: dt.datetime | None = None

    @property
    def zone(self) -> str:
        return self.stage.zone if self.stage else "UTC"

    @property
    def icon(self) -> str:
        return {"paused": "player-pause", "resumed": "player-play", "outage": "plug-off"}.get(self.kind, "calendar-up")


def dates_history(call: Call) -> list[Happened]:
    """Everything that changed the dates of a published call, the latest first. Two queries."""
    changes = DeadlineChange.objects.filter(stage__call=call).select_related("stage")
    found = [_moved(change, call) for change in changes]
    for pause in call.pauses.all():
        found += _paused(pause)
    return sorted(found, key=lambda one: one.at, reverse=True)


def _moved(change: DeadlineChange, call: Call) -> Happened:
    stage = change.stage
    outage = change.outage_id is not None
    if call.shape == Call.Shape.CUT_OFFS:
        words = _("Cut-off %(number)d was moved") % {"number": stage.number}
    elif call.shape == Call.Shape.TWO_STAGE and stage.kind == Stage.Kind.EOI:
        words = _("The deadline for expressions of interest was moved")
    elif call.shape == Call.Shape.TWO_STAGE:
        words = _("The deadline for full proposals was moved")
    else:
        words = _("The deadline was moved")
    if outage:
        words = _("%(what)s, because this site could not be reached") % {"what": words}
    return Happened(
        change.at, "outage" if outage else "moved", words, change.reason, stage, change.before, change.after
    )


def _paused(pause: CallPause) -> list[Happened]:
    began = Happened(pause.since, "paused", _("The call was paused"), pause.reason)
    return [began] if pause.until is None else [began, Happened(pause.until, "resumed", _("The call went on"))]


@dataclass(frozen=True)
class Done:
    """The same for staff, with the states that the call went through and who did it; the oldest first."""

    at: dt.datetime
    state: str
    label: str
    actor: str
    reason: str


def staff_history(call: Call) -> list[Done]:
    """Everything that happened to a call. Three queries."""
    found = [
        Done(step.at, step.state, str(Call.Status(step.state).label), _name(step.actor), step.reason)
        for step in call.steps.select_related("actor")
    ]
    changes = DeadlineChange.objects.filter(stage__call=call).select_related("stage", "actor")
    found += [Done(one.at, "moved", _moved(one, call).words, _name(one.actor), one.reason) for one in changes]
    for pause in call.pauses.select_related("by"):
        found.append(Done(pause.since, "paused", _("Paused"), _name(pause.by), pause.reason))
        if pause.until is not None:
            found.append(Done(pause.until, "resumed", _("Went on"), "", ""))
    return sorted(found, key=lambda one: one.at)


def _name(person: User | None) -> str:
    return str(person) if person else ""
