"""Wakers of the outbox: no arguments, one call, safe to run twice."""

from celery import shared_task

from core.clock import server_now
from notifications import services


@shared_task(name="notifications.deliver_due", ignore_result=True)
def deliver_due() -> None:
    """Every 15 seconds by beat: empties what is due, a batch at a time."""
    while services.deliver_due(server_now()):
        pass


@shared_task(name="notifications.sweep_leases", ignore_result=True)
def sweep_leases() -> None:
    """Every minute by beat."""
    services.sweep_leases(server_now())
