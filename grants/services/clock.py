"""What the clock brings: calls open and close, cut-offs pass. Safe to run twice, late, or by two at once."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Max, Min

from grants.models import Call, Proposal
from grants.services import call_letters as letters
from grants.services import cutoffs, dues
from grants.services.call_moves import RUNNING, TAKING_BACK, Status, move_call


def open_and_close(*, at: dt.datetime) -> tuple[int, int]:
    """Let every call follow its instants: (opened, closed). One transaction each. A paused call waits until it goes on."""
    opened = sum(_follow(pk, at, open_if_due) for pk in _due_to_open(at))
    for pk in _due_to_roll_over(at):
        _follow(pk, at, lambda call, at: cutoffs.roll_over(call, at) > 0)
    closed = sum(_follow(pk, at, close_if_due) for pk in _due_to_close(at))
    dues.end_past(at)
    return opened, closed


def _due_to_open(at: dt.datetime) -> list[Any]:
    calls = Call.objects.filter(status=Status.PUBLISHED, paused_at=None).annotate(first=Min("stages__opens_at"))
    return list(calls.filter(first__lte=at).values_list("pk", flat=True))


def _due_to_close(at: dt.datetime) -> list[Any]:
    calls = Call.objects.filter(status__in=RUNNING, paused_at=None).annotate(last=Max("stages__closes_at"))
    return list(calls.filter(last__lte=at).values_list("pk", flat=True))


def _due_to_roll_over(at: dt.datetime) -> list[Any]:
    """Calls with a cut-off that has passed under which something is not in: few, and none twice."""
    waiting = Proposal.objects.filter(
        call__shape=Call.Shape.CUT_OFFS,
        call__status__in=RUNNING,
        call__paused_at=None,
        stage__closes_at__lte=at,
        status__in=cutoffs.UNSIGNED,
    )
    return list(waiting.order_by("call").values_list("call", flat=True).distinct())


def _follow(pk: Any, at: dt.datetime, act: Callable[[Call, dt.datetime], bool]) -> bool:
    with transaction.atomic():
        held = Call.objects.select_for_update(of=("self",)).filter(pk=pk, status__in=TAKING_BACK, paused_at=None)
        call = held.select_related("programme__fund", "created_by").first()
        return call is not None and act(call, at)


def follow_now(call: Call, at: dt.datetime) -> None:
    """The same for one locked call, within the act that let it go on."""
    open_if_due(call, at)
    cutoffs.roll_over(call, at)
    close_if_due(call, at)


def open_if_due(call: Call, at: dt.datetime) -> bool:
    if call.status != Status.PUBLISHED or min(stage.opens_at for stage in call.stages.all()) > at:
        return False
    move_call(call, Status.OPEN, verb="opened", actor=None, at=at)
    letters.opened(call, min(call.stages.all(), key=lambda one: one.opens_at), at)
    return True


def close_if_due(call: Call, at: dt.datetime) -> bool:
    if call.status not in RUNNING or max(stage.closes_at for stage in call.stages.all()) > at:
        return False
    move_call(call, Status.CLOSED, verb="closed", actor=None, at=at)
    letters.closed(call, at)
    return True
