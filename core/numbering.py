"""Numbers that people call things by."""

import datetime as dt

from django.db import connection, models
from django.db.models.functions import Length


def next_number(model: type[models.Model], prefix: str, at: dt.datetime) -> str:
    """`AW-2026-0001` and on, of `model.number`: without a gap within a year, since whoever asks second waits for the first."""
    stem = f"{prefix}-{at.year}-"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"number:{stem}"])
    taken = model._default_manager.filter(number__startswith=stem)
    latest = taken.order_by(Length("number").desc(), "-number").values_list("number", flat=True).first()
    return f"{stem}{int(latest.removeprefix(stem)) + 1 if latest else 1:04d}"
