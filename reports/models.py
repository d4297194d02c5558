"""The export job: the only thing that `reports` keeps."""

import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.models import Job


class ExportJobQuerySet(models.QuerySet["ExportJob"]):
    def visible_to(self, user: User) -> "ExportJobQuerySet":
        """An export and its file belong to the person who asked for it, whatever role others hold."""
        return self.filter(owner=user)

    def active(self) -> "ExportJobQuerySet":
        return self.filter(status__in=[Job.Status.WAITING, Job.Status.RUNNING])

    def due(self, at: dt.datetime) -> "ExportJobQuerySet":
        """Waiting, or left behind by a worker that died: its lease ran out."""
        left_behind = Q(status=Job.Status.RUNNING, lease_until__lt=at)
        return self.filter(Q(status=Job.Status.WAITING) | left_behind).order_by("created_at", "pk")


class ExportJob(Job):
    """A list as a file, made by a worker: which list (`spec`), asked how (`query`), as what (`format`).

    `standing` are the roles and personas that its owner had when it was drawn: the file is given out only while they
    last. Its content lies under `stored_as` until it expires; the row, with rows and checksum, stays.
    """

    class Format(models.TextChoices):
        CSV = "csv", _("CSV")
        XLSX = "xlsx", _("XLSX")

    spec = models.CharField(max_length=64)
    title = models.CharField(max_length=200)
    query = models.TextField(blank=True)
    format = models.CharField(max_length=4, choices=Format)
    standing = models.JSONField(default=list, blank=True)
    rows = models.PositiveIntegerField(null=True, blank=True)
    file_name = models.CharField(max_length=255, blank=True)
    stored_as = models.CharField(max_length=120, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = ExportJobQuerySet.as_manager()

    class Meta:
        constraints = [
            *Job.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(status="done")
                | Q(rows__isnull=False, size__isnull=False, expires_at__isnull=False)
                & ~Q(sha256="")
                & ~Q(file_name=""),
                name="export_done_has_its_file",
            ),
            models.CheckConstraint(
                condition=Q(status="running") ^ Q(lease_until__isnull=True), name="export_leased_iff_running"
            ),
            models.CheckConstraint(condition=Q(format__in=["csv", "xlsx"]), name="export_format"),
        ]
        indexes = [
            models.Index(fields=["owner", "-created_at", "-id"], name="export_by_owner"),
            models.Index(fields=["status", "created_at"], name="export_by_status"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.get_format_display()})"

    def is_there(self, at: dt.datetime) -> bool:
        """Whether the file can still be had."""
        return bool(self.stored_as) and self.expires_at is not None and self.expires_at > at
