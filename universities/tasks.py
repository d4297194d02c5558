"""Wakers: no arguments, one call, safe to run twice."""

from celery import shared_task

from core import imports
from core.clock import server_now
from universities import services
from universities.importing import READING
from universities.models import ImportJob


@shared_task(name="universities.run_imports", ignore_result=True)
def run_imports() -> None:
    """Woken by the page, and every 10 seconds by beat: reads the files that wait, one after the other."""
    while job := imports.claim(ImportJob, server_now()):
        imports.run(job, READING)


@shared_task(name="universities.confirm_by_address", ignore_result=True)
def confirm_by_address() -> None:
    """Every minute by beat: who confirmed an address of their university since they named it."""
    services.confirm_claims_by_address(at=server_now())
