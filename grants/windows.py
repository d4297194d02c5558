"""From when until when a stage takes what, and from whom: the one place that answers questions about deadlines.

In or out is decided by an instant of the database's clock (`core.clock.server_now`), read once when a request was received
in full: never by what a client sends, by a state that the clock brings a little later, or by the clock of another machine.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from accounts.models import User
from grants.models import Call, LateAccess, Proposal, Stage
from universities.models import University

ON = frozenset({Call.Status.PUBLISHED, Call.Status.OPEN})
SIGNING = frozenset({*ON, Call.Status.CLOSED})


# --- a stage ----------------------------------------------------------------------------------------------------------
def closes_for(stage: Stage, *, person: User | None, university: University | None, at: dt.datetime) -> dt.datetime:
    """The first instant at which nothing is taken any more from this person of this university; extra time included."""
    return _later(stage.closes_at, extra_until(stage, person=person, university=university, at=at))


def is_open_for(stage: Stage, *, person: User | None, university: University | None, at: dt.datetime) -> bool:
    """Whether what was fully received at `at` is in: from the opening instant up to, not including, the closing."""
    if not _is_on(stage, at) or at < stage.opens_at:
        return False
    if at < stage.closes_at:
        # Closed, too: only the clock closes a call, and it may have done so while what was received in time waited its turn.
        return stage.call.status in SIGNING
    until = extra_until(stage, person=person, university=university, at=at)
    return until is not None and at < until


def last_sign_off_for(
    stage: Stage, *, person: User | None, university: University | None, at: dt.datetime
) -> dt.datetime:
    """Until when the office may sign what this person handed in: never before their own deadline."""
    return _later(stage.last_sign_off(), extra_until(stage, person=person, university=university, at=at))


def extra_until(
    stage: Stage, *, person: User | None, university: University | None, at: dt.datetime
) -> dt.datetime | None:
    """The end of the extra time that was given to the person or to the university, and was not ended before `at`."""
    return extra_by_stage([stage], person=person, universities=[university] if university else [], at=at).get(stage.pk)


def extra_by_stage(
    stages: Iterable[Stage], *, person: User | None, universities: Sequence[University], at: dt.datetime
) -> dict[Any, dt.datetime]:
    """The same for several stages and all universities of a person, in one query: by the stage's key."""
    if person is None and not universities:
        return {}
    whom = Q(university__in=universities)
    if person is not None:
        whom |= Q(person=person)
    rows = LateAccess.objects.filter(whom, Q(ended_at=None) | Q(ended_at__gt=at), stage__in=list(stages))
    found: dict[Any, dt.datetime] = {}
    for stage, until in rows.values_list("stage", "until"):
        found[stage] = _later(until, found.get(stage))
    return found


def is_paused(call: Call, at: dt.datetime) -> bool:
    """What was received before the pause began is still in."""
    return call.paused_at is not None and at >= call.paused_at


def _is_on(stage: Stage, at: dt.datetime) -> bool:
    return stage.call.status in SIGNING and not is_paused(stage.call, at)


def _later(one: dt.datetime, other: dt.datetime | None) -> dt.datetime:
    return one if other is None else max(one, other)


# --- a call -----------------------------------------------------------------------------------------------------------
def open_stage(
    call: Call, *, person: User | None, universities: Sequence[University] = (), at: dt.datetime
) -> Stage | None:
    """The stage that takes something from this reader now: the first of those open to all, or by extra time of theirs.

    Whether a stage by invitation, or one with an internal competition, is for them is not asked here.
    """
    stages = list(call.stages.all())
    extra = extra_by_stage(stages, person=person, universities=universities, at=at)
    for stage in sorted(stages, key=lambda one: one.number):
        stage.call = call
        closes = _later(stage.closes_at, extra.get(stage.pk))
        if not _is_on(stage, at) or not stage.opens_at <= at < closes:
            continue
        if at >= stage.closes_at or call.status in SIGNING:
            return stage
    return None


# --- a proposal -------------------------------------------------------------------------------------------------------
def closes_for_proposal(proposal: Proposal, at: dt.datetime) -> dt.datetime:
    return closes_for(_stage_of(proposal), **_whose(proposal), at=at)


def is_open_for_proposal(proposal: Proposal, at: dt.datetime) -> bool:
    return is_open_for(_stage_of(proposal), **_whose(proposal), at=at)


def last_sign_off_for_proposal(proposal: Proposal, at: dt.datetime) -> dt.datetime:
    return last_sign_off_for(_stage_of(proposal), **_whose(proposal), at=at)


def may_sign_now(proposal: Proposal, at: dt.datetime) -> bool:
    """Whether a signature received at `at` is in time: the call is on, or has closed while offices still sign."""
    return _is_on(_stage_of(proposal), at) and at < last_sign_off_for_proposal(proposal, at)


def extra_for_proposal(proposal: Proposal, at: dt.datetime) -> dt.datetime | None:
    """Until when the extra time of this proposal lasts, where it is more than everybody has: what its team is shown."""
    until = extra_until(_stage_of(proposal), **_whose(proposal), at=at)
    return until if until is not None and until > proposal.stage.closes_at else None


def extra_of(proposals: Iterable[Proposal], at: dt.datetime) -> dict[Any, dt.datetime]:
    """The end of the extra time of each that has some, by its key: one query, however many they are."""
    rows = list(proposals)
    given = LateAccess.objects.filter(Q(ended_at=None) | Q(ended_at__gt=at), stage__in={row.stage_id for row in rows})
    people: dict[Any, dt.datetime] = {}
    places: dict[Any, dt.datetime] = {}
    for one in given:
        whose, key = (places, one.university_id) if one.person_id is None else (people, one.person_id)
        whose[one.stage_id, key] = _later(one.until, whose.get((one.stage_id, key)))
    found: dict[Any, dt.datetime] = {}
    for row in rows:
        ends = [people.get((row.stage_id, row.pi_id)), places.get((row.stage_id, row.university_id))]
        if given_until := [one for one in ends if one is not None]:
            found[row.pk] = max(given_until)
    return found


@dataclass(frozen=True)
class Times:
    """What counts for one proposal: until when it is handed in and signed; `extra` where that is more than all have."""

    closes_at: dt.datetime
    signs_until: dt.datetime
    extra: dt.datetime | None
    is_paused: bool


def times_of(proposal: Proposal, at: dt.datetime) -> Times:
    """All that a page of the proposal tells of deadlines, in one query."""
    stage = _stage_of(proposal)
    until = extra_until(stage, **_whose(proposal), at=at)
    extra = until if until is not None and until > stage.closes_at else None
    paused = stage.call.status in SIGNING and is_paused(stage.call, at)
    return Times(_later(stage.closes_at, extra), _later(stage.last_sign_off(), extra), extra, paused)


def _whose(proposal: Proposal) -> dict[str, Any]:
    return {"person": proposal.pi, "university": proposal.university}


def _stage_of(proposal: Proposal) -> Stage:
    """With the call that the proposal has at hand already."""
    proposal.stage.call = proposal.call
    return proposal.stage
