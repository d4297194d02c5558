"""Exports: asked for as a row, made by whichever worker leases it, kept for a week.

The row is the queue. A worker that dies leaves a lease that runs out, and another one begins anew; a broker that loses
the wake-up call loses nothing, because beat looks at the rows.
"""

import datetime as dt
import hashlib
import logging
import tempfile
import uuid
import zoneinfo
from collections.abc import Callable
from typing import IO, Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.http import Http404, QueryDict
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.errors import DomainError, InvalidInput, require
from core.exportfile import About, ExportCancelled, Written, write_csv, write_xlsx
from core.lists import ListExport, get_spec, rows_for_export, snapshot
from core.lists.query import ListQuery
from core.states import check_move
from reports.errors import TooManyExports
from reports.models import ExportJob
from reports.progress import ProgressLine
from reports.rules import can_export, standing_of
from reports.transitions import EXPORT_MOVES

log = logging.getLogger(__name__)
LEASE = dt.timedelta(minutes=5)
KEPT = dt.timedelta(days=7)
MOST_ATTEMPTS = 3
MOST_ACTIVE = 10
LONGEST_QUERY = 4_000
Clock = Callable[[], dt.datetime]
Status = ExportJob.Status


# --- asking, taking back ----------------------------------------------------------------------------------------------
@transaction.atomic
def request_export(spec_key: str, query: str, format: str, *, actor: User, at: dt.datetime) -> ExportJob:  # noqa: A002
    """Put an export in the queue; the same one still in the making answers itself, so a double click makes one.

    Refused where the list is closed to the actor, where it would refuse the question, and above ten at a time.
    """
    spec = get_spec(spec_key)
    require(can_export(actor, spec))
    if format not in ExportJob.Format.values:
        raise InvalidInput(_("An export is CSV or XLSX."), field="format")
    if len(query) > LONGEST_QUERY:
        raise InvalidInput(_("These filters are too long to be exported."), field="query")
    with timezone.override(zoneinfo.ZoneInfo(actor.zone)):
        for label, message in ListQuery(spec, actor, QueryDict(query)).errors():
            raise InvalidInput(f"{label}: {message}", field="query")
    User.objects.select_for_update().get(pk=actor.pk)  # one person's requests queue up, so that the counts below hold
    active = ExportJob.objects.visible_to(actor).active()
    if same := active.filter(spec=spec_key, query=query, format=format).first():
        return same
    if active.count() >= MOST_ACTIVE:
        raise TooManyExports(_("Ten of your exports are in the making. Wait for one, or cancel it."))
    job = ExportJob.objects.create(
        owner=actor, spec=spec_key, title=str(spec.title), query=query, format=format, created_at=at
    )
    record(actor, "export.requested", job, at=at, after={"spec": spec_key, "query": query, "format": format})
    return job


@transaction.atomic
def cancel_export(job: ExportJob, *, actor: User, at: dt.datetime) -> ExportJob:
    """Stop it. A worker that is at it notices with its next thousand rows and throws its work away."""
    locked = _locked(job.pk)
    check_move(locked, Status.CANCELLED, EXPORT_MOVES)
    return _end(locked, Status.CANCELLED, message=str(_("You cancelled it.")), actor=actor, at=at)


@transaction.atomic
def retry_export(job: ExportJob, *, actor: User, at: dt.datetime) -> ExportJob:
    """Try again: the same job where it failed or was cancelled, a new one where it was done (its file may be gone)."""
    locked = _locked(job.pk)
    if locked.status == Status.DONE:
        return request_export(locked.spec, locked.query, locked.format, actor=actor, at=at)
    check_move(locked, Status.WAITING, EXPORT_MOVES)
    require(can_export(actor, get_spec(locked.spec)))
    before = {"status": locked.status, "message": locked.message}
    locked.status, locked.message, locked.attempts = Status.WAITING, "", 0
    locked.done = locked.total = 0
    locked.started_at = locked.finished_at = None
    locked.save()
    record(actor, "export.retried", locked, at=at, before=before)
    return locked


def _locked(pk: uuid.UUID) -> ExportJob:
    return ExportJob.objects.select_for_update().get(pk=pk)


# --- making -----------------------------------------------------------------------------------------------------------
def run_next(at: dt.datetime, *, clock: Clock) -> bool:
    """Make the export that waits longest; False where none waits. `clock` tells the time while it is made."""
    job = claim(at)
    if job is not None:
        _run(job, clock)
    return job is not None


def run_export(job_id: uuid.UUID, at: dt.datetime, *, clock: Clock) -> ExportJob | None:
    """Make this one export, unless another worker has it, or it has ended."""
    job = claim(at, job_id)
    if job is not None:
        _run(job, clock)
    return ExportJob.objects.get(pk=job_id) if job is not None else None


@transaction.atomic
def claim(at: dt.datetime, job_id: uuid.UUID | None = None) -> ExportJob | None:
    """Lease a due export to the caller alone. One that ended three workers is not tried a fourth time."""
    due = ExportJob.objects.due(at)
    due = due if job_id is None else due.filter(pk=job_id)
    for job in due.select_for_update(skip_locked=True)[:50]:
        if job.attempts >= MOST_ATTEMPTS:
            words = _("The worker ended three times while it made this. Ask for fewer rows, or tell an administrator.")
            _end(job, Status.FAILED, message=words, actor=None, at=at)
            continue
        check_move(job, Status.RUNNING, EXPORT_MOVES)
        job.status, job.started_at, job.lease_until, job.attempts = Status.RUNNING, at, at + LEASE, job.attempts + 1
        job.done = job.total = 0
        job.save()
        return job
    return None


def _run(job: ExportJob, clock: Clock) -> None:
    """Draw the rows, write the file, keep it; whatever goes wrong is kept in words on the row."""
    try:
        with tempfile.TemporaryFile() as file:
            written = _draw(job, file, clock)
            _keep(job, file, written, clock())
    except ExportCancelled:
        log.info("Export %s was cancelled while it was made.", job.pk)
    except DomainError as error:
        _fail(job, error.message, clock())
    except Http404:
        _fail(job, _("This list is not there any more."), clock())
    except Exception:
        log.exception("Export %s failed.", job.pk)
        words = _("Something went wrong on our side; it is in the log. Try again, or tell an administrator.")
        _fail(job, words, clock())


def _draw(job: ExportJob, file: IO[bytes], clock: Clock) -> Written:
    """All rows as of one instant, with the permissions that the owner has now, in the owner's time zone."""
    with ProgressLine(job, LEASE) as line, snapshot():
        owner = User.objects.get(pk=job.owner_id)
        spec = get_spec(job.spec)
        require(can_export(owner, spec))
        with timezone.override(zoneinfo.ZoneInfo(owner.zone)):
            export = rows_for_export(spec, owner, QueryDict(job.query))
            line.tell(0, export.count, clock())
            job.standing = sorted(standing_of(owner))

            def tell(done: int) -> bool:
                return line.tell(done, None, clock())

            return _write(job, export, file, owner, made_at=clock(), tell=tell)


def _write(
    job: ExportJob,
    export: ListExport,
    file: IO[bytes],
    owner: User,
    *,
    made_at: dt.datetime,
    tell: Callable[[int], bool],
) -> Written:
    job.file_name = f"{slugify(export.title) or 'export'}-{(export.as_of or made_at.date()).isoformat()}.{job.format}"
    if job.format == ExportJob.Format.CSV:
        return write_csv(export.columns, export.rows, file, progress=tell)
    about = About(export.title, str(owner), made_at, export.as_of, export.filters, export.totals)
    return write_xlsx(export.columns, export.rows, file, about=about, progress=tell)


def _keep(job: ExportJob, file: IO[bytes], written: Written, at: dt.datetime) -> None:
    """The file first, then the row that names it; where the row was cancelled meanwhile, the file goes again."""
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # a temporary file reads like any
    size = file.tell()
    file.seek(0)
    name = default_storage.save(f"exports/{job.pk}-{job.attempts}.{job.format}", File(file))
    kept = False
    try:
        with transaction.atomic():
            locked = _locked(job.pk)
            if _still_ours(locked, job):
                locked.file_name, locked.stored_as, locked.sha256, locked.size = job.file_name, name, digest, size
                locked.rows, locked.done, locked.total = written.rows, written.rows, written.rows
                locked.standing, locked.expires_at = job.standing, at + KEPT
                locked.result = {"rows_sha256": written.checksum}
                _end(locked, Status.DONE, message="", actor=None, at=at)
                kept = True
    finally:
        if not kept:
            default_storage.delete(name)


def _still_ours(locked: ExportJob, job: ExportJob) -> bool:
    """Neither cancelled nor, after our lease ran out, begun by another worker."""
    return locked.status == Status.RUNNING and locked.attempts == job.attempts


@transaction.atomic
def _fail(job: ExportJob, message: str, at: dt.datetime) -> None:
    locked = _locked(job.pk)
    if _still_ours(locked, job):
        _end(locked, Status.FAILED, message=message, actor=None, at=at)


def _end(job: ExportJob, status: str, *, message: str, actor: User | None, at: dt.datetime) -> ExportJob:
    before = {"status": job.status}
    job.status, job.message, job.finished_at, job.lease_until = status, message, at, None
    job.save()
    after: dict[str, Any] = {"status": status, "rows": job.rows, "sha256": job.sha256}
    record(actor, f"export.{status}", job, at=at, before=before, after=after)
    return job


# --- ageing -----------------------------------------------------------------------------------------------------------
def sweep_exports(at: dt.datetime) -> int:
    """Throw expired files away; their rows stay. Answers how many."""
    expired = ExportJob.objects.filter(expires_at__lte=at).exclude(stored_as="")
    swept = 0
    for pk in list(expired.values_list("pk", flat=True)):
        with transaction.atomic():
            job = ExportJob.objects.select_for_update(skip_locked=True).filter(pk=pk).exclude(stored_as="").first()
            if job is None:
                continue
            default_storage.delete(job.stored_as)
            job.stored_as = ""
            job.save(update_fields=["stored_as"])
            record(None, "export.expired", job, at=at)
            swept += 1
    return swept


@transaction.atomic
def note_download(job: ExportJob, *, actor: User, at: dt.datetime) -> None:
    """Who took which file away, and when."""
    record(actor, "export.downloaded", job, at=at, after={"file": job.file_name, "sha256": job.sha256})
