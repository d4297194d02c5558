"""Setting, moving and ending deadlines. Called by higher apps in the transaction of their own act, which they record."""

import datetime as dt
import uuid

from django.db import models, transaction

from notifications.models import Deadline, Notice, ReminderRule
from notifications.words import DEFAULT_OFFSETS, default_body, default_subject

MOVED, ENDED = "The deadline was moved.", "It was done, or is no longer asked for."


@transaction.atomic
def set_deadline(
    *,
    kind: str,
    subject: models.Model,
    title: str,
    due_at: dt.datetime,
    zone: str,
    path: str,
    at: dt.datetime,
    about: models.Model | None = None,
) -> Deadline:
    """Give `subject` its deadline of this kind, or move it. A move, or a reopening, calls off what still waits.

    `about` is the root object whose seal hides the deadline and its reminders from staff (default: the subject itself).
    """
    values = {"title": " ".join(title.split())[:200], "path": path, "zone": zone, **_root(about or subject)}
    new = Deadline(
        kind=kind,
        subject_type=subject._meta.label_lower,
        subject_id=key_of(subject),
        due_at=due_at,
        set_at=at,
        **values,
    )
    ensure_rules(kind, at)
    Deadline.objects.bulk_create([new], ignore_conflicts=True)
    deadline = Deadline.objects.select_for_update().get(kind=kind, subject_id=new.subject_id)
    for name, value in values.items():
        setattr(deadline, name, value)
    if deadline.due_at != due_at or deadline.ended_at is not None:
        deadline.due_at, deadline.ended_at, deadline.set_at = due_at, None, at
        deadline.sequence += 1
        cancel_waiting(deadline, MOVED)
    deadline.save()
    return deadline


def _root(thing: models.Model) -> dict[str, str]:
    return {"about_type": thing._meta.label_lower, "about_id": str(thing.pk)}


@transaction.atomic
def end_deadline(*, kind: str, subject: models.Model, at: dt.datetime) -> None:
    """Nobody owes it any more. Reminders that still wait are called off; ending twice, or what never was, is harmless."""
    deadline = Deadline.objects.select_for_update().filter(kind=kind, subject_id=key_of(subject), ended_at=None).first()
    if deadline is None:
        return
    deadline.ended_at = at
    deadline.save(update_fields=["ended_at"])
    cancel_waiting(deadline, ENDED)


def key_of(subject: models.Model) -> uuid.UUID:
    assert isinstance(subject.pk, uuid.UUID), "only what has a UUID as its key can have a deadline"
    return subject.pk


def cancel_waiting(deadline: Deadline, why: str) -> int:
    waiting = Notice.objects.filter(deadline=deadline, state=Notice.State.WAITING)
    return waiting.update(state=Notice.State.CANCELLED, last_error=why)


def ensure_rules(kind: str, at: dt.datetime) -> None:
    """A kind is used for the first time: it gets the usual reminders, as rows that staff can edit."""
    if ReminderRule.objects.filter(kind=kind).exists():
        return
    rules = [
        ReminderRule(kind=kind, offset=offset, subject=default_subject(), body=default_body(), since=at)
        for offset in DEFAULT_OFFSETS
    ]
    ReminderRule.objects.bulk_create(rules, ignore_conflicts=True)
