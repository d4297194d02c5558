"""Wakers: ids or nothing in, one call, safe to run twice."""

from celery import shared_task

from awards.services import awards
from core.clock import server_now


@shared_task(name="awards.activate_due", ignore_result=True)
def activate_due() -> None:
    """Every hour by beat: accepted awards whose work begins become active."""
    awards.activate_due(at=server_now())
