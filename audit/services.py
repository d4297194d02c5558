"""The one way to write the audit trail: inside the transaction of the act that it records."""

import datetime as dt
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models

from accounts.models import User
from audit.models import AuditEvent

# Where the act came from (page, API, task, command): set at the edge, since services know no request.
origin: ContextVar[Mapping[str, str] | None] = ContextVar("origin", default=None)


class OutsideTransaction(RuntimeError):
    """An act and its record must be one transaction; `record` was called outside of any."""


def record(
    actor: User | None,
    verb: str,
    target: models.Model,
    *,
    at: dt.datetime,
    subject: models.Model | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Write down that `actor` (None: the system itself) did `verb` to `target` at `at`."""
    if not connection.in_atomic_block:
        raise OutsideTransaction(verb)
    root = subject or target
    return AuditEvent.objects.create(
        at=at,
        actor=actor,
        verb=verb,
        target_type=target._meta.label_lower,
        target_id=str(target.pk),
        target_label=str(target)[:255],
        subject_type=root._meta.label_lower,
        subject_id=str(root.pk),
        before=_plain(before),
        after=_plain(after),
        origin=dict(origin.get() or {}),
    )


def _plain(values: Mapping[str, Any] | None) -> Any:
    """JSON-ready: decimals, instants and keys as text, exactly."""
    encoder = DjangoJSONEncoder()
    return {
        key: value if value is None or isinstance(value, bool | int | str | list | dict) else encoder.default(value)
        for key, value in (values or {}).items()
    }
