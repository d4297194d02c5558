"""Moving a deadline: the instant itself, what hangs on it, the row that tells of it, the reminders. Part of larger acts."""

import datetime as dt
import itertools
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from grants.models import Call, DeadlineChange, Outage, Stage
from grants.services import cutoffs
from grants.services.call_moves import Status, move_call
from grants.services.dues import set_dues


@dataclass(frozen=True)
class Act:
    """By whom, when and why, for all that one act moves."""

    actor: User | None
    at: dt.datetime
    reason: str
    outage: Outage | None = None
    verb: str = "call.deadline_extended"


def move_deadline(stage: Stage, closes_at: dt.datetime, sign_off_until: dt.datetime | None, act: Act) -> DeadlineChange:
    """Give a locked stage, whose call is locked, its new instants. The caller has checked them, and tells of it.

    The next cut-off opens where this one closes now. What had moved on because this one had passed comes back.
    """
    before, signs_before = stage.closes_at, stage.sign_off_until
    stage.closes_at, stage.sign_off_until = closes_at, sign_off_until
    stage.save(update_fields=["closes_at", "sign_off_until"])
    change = DeadlineChange.objects.create(
        stage=stage,
        outage=act.outage,
        before=before,
        after=closes_at,
        reason=act.reason,
        at=act.at,
        actor=act.actor,
    )
    record(
        act.actor,
        act.verb,
        stage,
        at=act.at,
        subject=stage.call,
        before={"closes_at": before, "sign_off_until": signs_before},
        after={"closes_at": closes_at, "sign_off_until": sign_off_until, "reason": act.reason},
    )
    if stage.call.shape == Call.Shape.CUT_OFFS:
        following = stage.call.stages.filter(opens_at=before, closes_at__gt=closes_at, number=stage.number + 1)
        for one in following:
            one.opens_at = closes_at
            one.save(update_fields=["opens_at"])
        if before <= act.at < closes_at:
            cutoffs.bring_back(stage, before, act.at)
    set_dues(stage, act.at)
    return change


def move_signing(stage: Stage, sign_off_until: dt.datetime, act: Act) -> None:
    """Only the offices get longer: the deadline of the applicants was over before."""
    before, stage.sign_off_until = stage.sign_off_until, sign_off_until
    stage.save(update_fields=["sign_off_until"])
    record(
        act.actor,
        "call.signing_extended",
        stage,
        at=act.at,
        subject=stage.call,
        before={"sign_off_until": before},
        after={"sign_off_until": sign_off_until, "reason": act.reason},
    )
    set_dues(stage, act.at)


def open_again(call: Call, act: Act) -> None:
    """A closed call whose deadline is to come again takes proposals; what was handed in stays in."""
    if call.status == Status.CLOSED and any(stage.closes_at > act.at for stage in call.stages.all()):
        move_call(call, Status.OPEN, verb="reopened", actor=act.actor, at=act.at, reason=act.reason)


def order_broken(stages: list[Stage]) -> str | None:
    """Why these dates of a call don't follow each other, or None. Stages in their order."""
    for one, following in itertools.pairwise(stages):
        if following.closes_at <= one.closes_at:
            return _("It must come before the deadline after it, %(until)s (UTC).") % {
                "until": f"{following.closes_at.astimezone(dt.UTC):%Y-%m-%d %H:%M}"
            }
    return None
