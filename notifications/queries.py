"""What the pages of notices and deadlines ask: figures, who is at work, what comes next."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Case, CharField, Count, F, Min, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Now

from accounts.models import User
from notifications.models import Deadline, Heartbeat, Notice, ReminderRound, ReminderRule

LATE = dt.timedelta(minutes=5)  # the scheduler ticks every minute, a worker is woken every fifteen seconds
_KINDS = """
    WITH RECURSIVE found AS (
        (SELECT kind FROM notifications_notice ORDER BY kind LIMIT 1)
        UNION ALL
        SELECT (SELECT kind FROM notifications_notice WHERE kind > found.kind ORDER BY kind LIMIT 1)
        FROM found WHERE found.kind IS NOT NULL
    )
    SELECT kind FROM found WHERE kind IS NOT NULL
"""


def kinds_sent(user: User) -> list[str]:
    """Every kind of a notice that `user` may read of in the log: a filter never offers what only a sealed one has.

    One step of the index for each kind, then one look for each, however many notices there are.
    """
    with connection.cursor() as cursor:
        cursor.execute(_KINDS)
        kinds = [kind for (kind,) in cursor.fetchall()]
    seen = [Notice.objects.log_visible_to(user).filter(kind=kind).order_by().values("kind")[:1] for kind in kinds]
    if not seen:
        return []
    return [row["kind"] for row in (seen[0].union(*seen[1:], all=True) if seen[1:] else seen[0])]


@dataclass(frozen=True, kw_only=True)
class Pulse:
    """Whether anybody is at work. `beat` and `worker`: when each was last seen; `overdue_since`: the oldest due notice."""

    beat: dt.datetime | None
    worker: dt.datetime | None
    overdue_since: dt.datetime | None
    at: dt.datetime

    @property
    def beat_late(self) -> bool:
        return self.beat is None or self.at - self.beat > LATE

    @property
    def worker_late(self) -> bool:
        return self.worker is None or self.at - self.worker > LATE

    @property
    def well(self) -> bool:
        return not self.beat_late and not self.worker_late


def pulse(at: dt.datetime) -> Pulse:
    """Two small reads, whatever waits."""
    seen = dict(Heartbeat.objects.values_list("name", "at"))
    oldest = Notice.objects.filter(state=Notice.State.WAITING, not_before__lte=at - LATE).aggregate(
        at=Min("not_before")
    )
    return Pulse(beat=seen.get(Heartbeat.BEAT), worker=seen.get(Heartbeat.WORKER), overdue_since=oldest["at"], at=at)


def log_figures(user: User, at: dt.datetime) -> dict[str, int]:
    """How many notices wait, failed, are unknown, and were sent since a day: of those that `user` may read of."""
    rows = Notice.objects.log_visible_to(user)
    states = [Notice.State.WAITING, Notice.State.SENDING, Notice.State.FAILED, Notice.State.UNKNOWN]
    counted = rows.filter(state__in=states).order_by().values_list("state").annotate(n=Count("pk"))
    sent = rows.filter(state=Notice.State.SENT, created_at__gt=at - dt.timedelta(days=1)).count()
    return {**dict.fromkeys(states, 0), **dict(counted), "sent": sent}


def with_progress(rows: QuerySet[Deadline]) -> QuerySet[Any, Any]:
    """Deadlines with their state now, the instant of their next reminder, and the open ones first."""
    to_come = ReminderRule.objects.filter(kind=OuterRef("kind"), active=True, offset__lt=OuterRef("due_at") - Now())
    return rows.annotate(
        state=Case(
            When(ended_at__isnull=False, then=Value("ended")),
            When(due_at__lte=Now(), then=Value("overdue")),
            default=Value("scheduled"),
            output_field=CharField(),
        ),
        rank=Case(When(ended_at=None, then=Value(0)), default=Value(1)),
        next_reminder=Case(
            When(ended_at=None, then=F("due_at") - Subquery(to_come.order_by("-offset").values("offset")[:1])),
            default=Value(None),
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Reminder:
    """One reminder of a deadline: to come, planned for so many people, skipped, or missed because it was past already."""

    rule: ReminderRule
    at: dt.datetime
    state: str
    round: ReminderRound | None


def reminders_of(deadline: Deadline, at: dt.datetime) -> list[Reminder]:
    rounds = {planned.offset: planned for planned in deadline.rounds.filter(sequence=deadline.sequence)}
    rules = ReminderRule.objects.filter(kind=deadline.kind).order_by("-offset")
    return [_reminder(deadline, rule, rounds.get(rule.offset), at) for rule in rules if rule.active or rounds]


def _reminder(deadline: Deadline, rule: ReminderRule, planned: ReminderRound | None, at: dt.datetime) -> Reminder:
    falls_due = deadline.due_at - rule.offset
    if planned is not None:
        state = "skipped" if planned.skipped else "done"
    elif deadline.ended_at is not None or not rule.active:
        state = "cancelled"
    elif falls_due <= max(deadline.set_at, rule.since):
        state = "passed"
    else:
        state = "scheduled" if falls_due > at else "waiting"
    return Reminder(rule=rule, at=falls_due, state=state, round=planned)
