"""Wakers: no arguments, one call, safe to run twice."""

from celery import shared_task

from alliance.services.resolutions import decide_due as decide_those_due
from core.clock import server_now


@shared_task(name="alliance.decide_due", ignore_result=True)
def decide_due() -> None:
    """Every minute by beat: counts the votes of resolutions whose voting has closed."""
    decide_those_due(at=server_now())
