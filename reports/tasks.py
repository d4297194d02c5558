"""Wakers of exports: no arguments, safe to run twice, in any number of workers."""

import logging

from celery import shared_task
from kombu.exceptions import OperationalError

from core.clock import server_now
from reports import services

log = logging.getLogger(__name__)


@shared_task(name="reports.run_exports", ignore_result=True)
def run_exports() -> None:
    """Sent when somebody asks for an export, and every 15 seconds by beat, in case that was lost."""
    while services.run_next(server_now(), clock=server_now):
        pass


@shared_task(name="reports.sweep_exports", ignore_result=True)
def sweep_exports() -> None:
    """Every hour by beat."""
    services.sweep_exports(server_now())


def wake() -> None:
    """Have a worker look at the queue now. Without a broker nothing is lost: the row waits for beat."""
    try:
        run_exports.delay()
    except OperationalError:
        log.warning("The broker can't be reached: the export waits for the next look at the queue.")
