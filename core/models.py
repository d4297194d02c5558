"""Abstract bases. No concrete model lives here."""

import datetime as dt
import uuid
from typing import Any

import pgtrigger
import uuid_utils.compat
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


def uuid7() -> uuid.UUID:
    """A time-ordered key: links do not count, and an index on it grows at its end."""
    return uuid_utils.compat.uuid7()


class UUIDModel(models.Model):
    """A row that is named outside by a UUIDv7."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    class Meta:
        abstract = True


def append_only() -> list[pgtrigger.Trigger]:
    """Triggers that refuse UPDATE, DELETE and TRUNCATE: what was written stays as it was written."""
    return [
        pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        pgtrigger.Trigger(
            name="no_truncate",
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate rows from % table', TG_TABLE_NAME;",
        ),
    ]


class StateChange(models.Model):
    """One step of an object's life, append-only: what lists and reports 'as of' an instant are drawn from.

    A subclass adds `subject`, the foreign key to the object whose steps these are, with related_name "steps".
    """

    id = models.BigAutoField(primary_key=True)
    state = models.CharField(max_length=24)
    at = models.DateTimeField(db_index=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(blank=True)

    class Meta:
        abstract = True
        ordering = ["id"]


def storage_name(sha256: str) -> str:
    """Where content lies in the storage: under its own digest, so that the same content is kept once."""
    return f"sha256/{sha256[:2]}/{sha256}"


class StoredFile(UUIDModel):
    """A file kept once under its SHA-256, outside the web root; whoever reads it goes through its owner's permissions."""

    name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    content_type = models.CharField(max_length=100)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()

    class Meta:
        abstract = True

    @property
    def storage_name(self) -> str:
        return storage_name(self.sha256)


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user: Any) -> "JobQuerySet":
        """A job and its result belong to the person who asked for it."""
        return self.filter(owner=user)


class Job(UUIDModel):
    """Slow work that somebody waits for. The row is the queue of record; Celery only wakes it.

    A worker claims it by `lease_until`, writes `done` of `total` as it goes, and keeps its result or its failure.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    message = models.TextField(blank=True)
    result = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) ^ Q(status__in=["done", "failed", "cancelled"]),
                name="%(app_label)s_%(class)s_finished_at_iff_ended",
            )
        ]

    @property
    def percent(self) -> int:
        return 100 if self.status == self.Status.DONE else min(99, 100 * self.done // self.total) if self.total else 0

    @property
    def ended(self) -> bool:
        return self.finished_at is not None

    def seconds_left(self, at: dt.datetime) -> int | None:
        """Whole seconds still to go at the pace so far, or None where nothing can be said."""
        if self.started_at is None or not self.done or self.ended:
            return None
        pace = (at - self.started_at).total_seconds() / self.done
        return round(pace * max(self.total - self.done, 0))
