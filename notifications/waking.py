"""Waking whoever empties the outbox, once a transaction commits. The row is the queue: a lost wake-up loses nothing."""

import logging
import time

from celery import current_app
from django.db import connection, transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
QUIET = 15.0  # seconds in which a broker that was away is not asked again: the scheduler looks by itself that often
_quiet_until = 0.0


def wake_on_commit() -> None:
    """However many notices a transaction writes, it wakes once."""
    if not any(wake in waiting for waiting in connection.run_on_commit):
        transaction.on_commit(wake)


def wake() -> None:
    """Never fails: with the broker away the notice waits for the next tick, and the act that wrote it stands."""
    global _quiet_until  # noqa: PLW0603 - one switch for the process
    if time.monotonic() < _quiet_until:
        return
    try:
        current_app.send_task("notifications.deliver_due", retry=False, ignore_result=True)
    except (OperationalError, RedisError, OSError) as error:
        _quiet_until = time.monotonic() + QUIET
        log.warning("The broker is away, so notices wait for the next tick: %s", error)
