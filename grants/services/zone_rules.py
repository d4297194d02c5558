"""A country changes what its clocks show: dates that were meant by those clocks are counted anew (row D2).

A date was typed, and is read, by the clock of the call's zone; what is kept is its instant. When the rules of that zone
change afterwards, the clock would show something else at that instant. A deadline that the new rules make later moves, so
that 17:00 there stays 17:00; one that they would make earlier stays: nobody loses time that they were promised.
"""

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from audit.services import record
from grants.models import Call, DeadlineChange, Stage
from grants.services import call_letters as letters
from grants.services.call_moves import TAKING_BACK, Status
from grants.services.moving import Act, move_deadline, move_signing
from grants.zones import instant_at, place


def follow_zone_rules(*, at: dt.datetime) -> int:
    """Look at every date to come of calls that are set up or run; how many calls had one to count anew. Safe to run twice.

    Rows from before `walls` were kept get theirs.
    """
    to_come = Q(opens_at__gt=at) | Q(closes_at__gt=at) | Q(sign_off_until__gt=at)
    rows = Stage.objects.filter(to_come, call__status__in=[Status.DRAFT, *TAKING_BACK])
    found: dict[Any, None] = {}
    for stage in rows.order_by("call", "number"):
        if not stage.walls:
            stage.save(update_fields=["walls"])
        elif stage.walls != stage.walls_now():
            found[stage.call_id] = None
    for key in found:
        _follow(key, at)
    return len(found)


@transaction.atomic
def _follow(key: Any, at: dt.datetime) -> None:
    call = Call.objects.select_for_update(of=("self",)).select_related("programme__fund", "created_by").get(pk=key)
    stages = list(Stage.objects.select_for_update(no_key=True).filter(call=call).order_by("-number"))
    changes = []
    for stage in stages:
        stage.call = call
        if stage.walls != stage.walls_now():
            changes += _count_anew(stage, at)
    letters.extended(call, changes[::-1], at)


def _count_anew(stage: Stage, at: dt.datetime) -> list[DeadlineChange]:
    before = {name: getattr(stage, name) for name in Stage.DATES}
    meant = {name: _meant(stage, name, at) for name in Stage.DATES}
    words = {"zone": place(stage.zone)}
    reason = _("The rules of the clocks in %(zone)s were changed; the deadline stays what these clocks show.") % words
    act = Act(None, at, reason, verb="call.zone_rules_followed")
    if meant["opens_at"] != stage.opens_at and meant["opens_at"] < min(stage.closes_at, meant["closes_at"]):
        stage.opens_at = meant["opens_at"]
        stage.save(update_fields=["opens_at"])
    if stage.call.status != Status.DRAFT and meant["closes_at"] != stage.closes_at:
        return [move_deadline(stage, meant["closes_at"], meant["sign_off_until"], act)]
    if stage.call.status != Status.DRAFT and meant["sign_off_until"] not in {None, stage.sign_off_until}:
        move_signing(stage, meant["sign_off_until"], act)
        return []
    for name in ("closes_at", "sign_off_until"):
        setattr(stage, name, meant[name])
    stage.save(update_fields=list(Stage.DATES))  # and with them what the clocks show now
    after = {name: getattr(stage, name) for name in Stage.DATES}
    record(None, "call.zone_rules_followed", stage, at=at, subject=stage.call, before=before, after=after)
    if stage.call.status != Status.DRAFT:
        letters.shows_another_time(stage, at)
    return []


def _meant(stage: Stage, name: str, at: dt.datetime) -> Any:
    """The instant that the clock's time means now. What is past stays, and no end of a time comes sooner."""
    instant: dt.datetime | None = getattr(stage, name)
    wall = stage.walls.get(name)
    if instant is None or instant <= at or wall is None:
        return instant
    opening = name == "opens_at"
    anew = instant_at(dt.datetime.fromisoformat(wall), stage.zone, opening=opening)
    return anew if opening or stage.call.status == Status.DRAFT else max(anew, instant)
