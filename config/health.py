"""Two addresses for whoever watches: the process is up; the process can do its work."""

from collections.abc import Callable

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from config.celery import app

PATIENCE = 2  # seconds for the broker to answer


@never_cache
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """200 while the process answers at all; asks nobody else, so a database that is away does not kill the web."""
    return HttpResponse("ok", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 when database and broker answer, else 503; names which of them does not, and no more than that."""
    answers = {name: _answers(check) for name, check in CHECKS.items()}
    return JsonResponse({"ready": all(answers.values()), **answers}, status=200 if all(answers.values()) else 503)


def _answers(check: Callable[[], None]) -> bool:
    try:
        check()
    except (DatabaseError, OperationalError, redis.RedisError, OSError):
        return False
    return True


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_broker() -> None:
    with app.connection_for_read(settings.CELERY_BROKER_URL, connect_timeout=PATIENCE) as broker:
        broker.ensure_connection(max_retries=1, timeout=PATIENCE)


CHECKS = {"database": _ask_database, "broker": _ask_broker}
