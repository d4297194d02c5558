"""Wakers: no arguments, one call, safe to run twice."""

from celery import shared_task

from core.clock import server_now
from grants.services import calls


@shared_task(name="grants.open_and_close", ignore_result=True)
def open_and_close() -> None:
    """Every 30 seconds by beat: calls open and close by the database's clock, whoever asks and however late."""
    calls.open_and_close(at=server_now())
