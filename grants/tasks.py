"""Wakers: no arguments, one call, safe to run twice."""

from celery import shared_task

from core import imports
from core.clock import server_now
from grants.models import ImportJob
from grants.services import calls, likeness, zone_rules
from grants.services.importing import reading_for


@shared_task(name="grants.open_and_close", ignore_result=True)
def open_and_close() -> None:
    """Every 30 seconds by beat: calls open and close by the database's clock, whoever asks and however late."""
    calls.open_and_close(at=server_now())


@shared_task(name="grants.follow_zone_rules", ignore_result=True)
def follow_zone_rules() -> None:
    """Every hour by beat: after an update of the rules of time zones, dates are what the clocks of their zone show."""
    zone_rules.follow_zone_rules(at=server_now())


@shared_task(name="grants.run_imports", ignore_result=True)
def run_imports() -> None:
    """Woken by the page, and every 10 seconds by beat: reads the files that wait, one after the other."""
    while job := imports.claim(ImportJob, server_now()):
        imports.run(job, reading_for(job.call))


@shared_task(name=likeness.TASK, ignore_result=True)
def find_likenesses() -> None:
    """Woken when something is submitted, and every ten minutes by beat: compares what was not compared yet."""
    likeness.find_for_all(at=server_now())
