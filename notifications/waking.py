"""Waking whoever empties the outbox, once a transaction commits. The row is the queue: a lost wake-up loses nothing."""

import logging
import time
from functools import partial

from celery import current_app
from django.db import connection, transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
QUIET = 15.0  # seconds in which a broker that was away is not asked again: the scheduler looks by itself that often
_quiet_until = 0.0
_wakers: dict[str, "partial[None]"] = {}


def wake_on_commit() -> None:
    """However many notices a transaction writes, it wakes once."""
    if not any(wake in waiting for waiting in connection.run_on_commit):
        transaction.on_commit(wake)


def wake() -> None:
    send("notifications.deliver_due")


def send_on_commit(task: str) -> None:
    """The same for a task of a higher app that empties a queue of rows of its own: however often asked, it wakes once."""
    waker = _wakers.setdefault(task, partial(send, task))
    if not any(waker in waiting for waiting in connection.run_on_commit):
        transaction.on_commit(waker)


def send(task: str) -> None:
    """Never fails: with the broker away the row waits for the next tick, and the act that wrote it stands."""
    global _quiet_until  # noqa: PLW0603 - one switch for the process
    if time.monotonic() < _quiet_until:
        return
    try:
        current_app.send_task(task, retry=False, ignore_result=True)
    except (OperationalError, RedisError, OSError) as error:
        _quiet_until = time.monotonic() + QUIET
        log.warning("The broker is away, so what was written waits for the next tick: %s", error)
