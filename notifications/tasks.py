"""Wakers of the outbox: no arguments, one call, safe to run twice."""

from celery import shared_task

from core.clock import server_now
from notifications import delivery, reminders, services
from notifications.models import Heartbeat


@shared_task(name="notifications.deliver_due", ignore_result=True)
def deliver_due() -> None:
    """Whenever a notice was written, and every 15 seconds by beat: empties what is due, a batch at a time."""
    services.heartbeat(Heartbeat.WORKER, server_now())
    while delivery.deliver_due(server_now()):
        pass


@shared_task(name="notifications.plan_reminders", ignore_result=True)
def plan_reminders() -> None:
    """Every minute by beat, and by nobody else: so it also shows that the scheduler lives."""
    at = server_now()
    services.heartbeat(Heartbeat.BEAT, at)
    reminders.plan_reminders(at)


@shared_task(name="notifications.sweep_leases", ignore_result=True)
def sweep_leases() -> None:
    """Every minute by beat."""
    delivery.sweep_leases(server_now())
