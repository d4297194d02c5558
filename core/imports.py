"""Files of rows that people bring: uploaded, looked at, mapped to our fields, read by a job, reported.

An app gives a concrete `FileImport` table and a `Reading`: its fields, what is wrong with a row, and the function that
writes them all. The page, the command and the worker are then the same three calls: `guess`, `preview`, `run`.
"""

import datetime as dt
import itertools
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import IO, Any, Protocol, TypeVar

from django import forms
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import F, Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from core.clock import server_now
from core.csvfile import FileRefused, Problem, Record, Report, Table, read_table
from core.errors import DomainError, WrongState
from core.files import CSV, store
from core.models import Job, storage_name

LEASE = dt.timedelta(minutes=5)
MOST_ATTEMPTS = 3
PREVIEWED, SHOWN, PROBLEMS_SHOWN = 20_000, 5, 20
PROGRESS_SECONDS = 0.5
BROKEN = gettext_noop(
    "Something went wrong on our side. Nothing was imported. It was written down; please try again later."
)

logger = logging.getLogger(__name__)
Row = Record | Problem
Progress = Callable[[int], None]


class FileImport(Job):
    """A job that reads a file kept under its SHA-256. Until `ready_at` it waits for its owner, who looks at the mapping."""

    name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    mapping = models.JSONField(default=dict)
    skip_bad = models.BooleanField(default=False)
    ready_at = models.DateTimeField(null=True, blank=True)

    class Meta(Job.Meta):
        abstract = True

    def __str__(self) -> str:
        return self.name

    def open(self) -> IO[bytes]:
        return default_storage.open(storage_name(self.sha256), "rb")


@dataclass(frozen=True)
class ImportField:
    """A field that a file can fill. `names` are the headings by which its column is recognised, in lower case, the best
    first; the key itself comes before them unless it has a place among them."""

    key: str
    label: str | Promise
    required: bool = False
    names: tuple[str, ...] = ()
    hint: str | Promise = ""


class Load(Protocol):
    """Writes all rows, or none unless `skip_bad`; says of each what became of it. Runs in its own transaction."""

    def __call__(
        self, rows: Iterable[Row], *, job: Any, actor: Any, at: dt.datetime, skip_bad: bool, progress: Progress
    ) -> Report: ...


@dataclass(frozen=True)
class Reading:
    """How an app reads a kind of file. `check` says what is wrong with one row, by itself: the preview shows it."""

    fields: Sequence[ImportField]
    check: Callable[[Record], Sequence[Problem]]
    load: Load


J = TypeVar("J", bound=FileImport)


# --- mapping ---------------------------------------------------------------------------------------------------------
def guess(header: Sequence[str], fields: Sequence[ImportField]) -> dict[str, str]:
    """Which column fills which field, by the columns' names. Nothing is guessed from values."""
    by_name = {name.strip().lower().replace("_", " "): name for name in header}
    found: dict[str, str] = {}
    for one in fields:
        for name in one.names if one.key in one.names else (one.key, *one.names):
            if (column := by_name.get(name.lower().replace("_", " "))) and column not in found.values():
                found[one.key] = column
                break
    return found


def check_mapping(mapping: Mapping[str, str], header: Sequence[str], fields: Sequence[ImportField]) -> None:
    """Refuse a mapping that leaves a required field empty, names no column of the file, or uses one twice."""
    for one in fields:
        if one.required and not mapping.get(one.key):
            raise FileRefused(_("Choose the column for “%(field)s”.") % {"field": one.label}, field=one.key)
    used: set[str] = set()
    for key, column in mapping.items():
        if column not in header:
            raise FileRefused(_("The file has no column “%(column)s”.") % {"column": column[:80]}, field=key)
        if column in used:
            raise FileRefused(_("The column “%(column)s” is chosen twice.") % {"column": column[:80]}, field=key)
        used.add(column)


def mapped(table: Table, mapping: Mapping[str, str]) -> Iterator[Row]:
    """The rows with their values by our fields' keys, trimmed; fields without a column are empty."""
    for row in table:
        if isinstance(row, Record):
            yield Record(row.line, {key: row.values[column].strip() for key, column in mapping.items()})
        else:
            yield row


def named_by_column(problem: Problem, mapping: Mapping[str, str]) -> Problem:
    """A problem of a field, told with the column's name as the file has it."""
    return Problem(problem.line, mapping.get(problem.column, problem.column), problem.reason)


@dataclass
class Preview:
    """What the owner looks at before the job: the columns, the first rows as they will be read, what is wrong."""

    header: list[str]
    mapping: dict[str, str]
    rows: list[Record] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    bad: int = 0
    read: int = 0
    more: bool = False


def preview(file: IO[bytes], reading: Reading, mapping: Mapping[str, str] | None = None) -> Preview:
    """Read the first 20,000 rows and check each by itself. Raises `FileRefused` for a file that can't be read as a whole.

    Without a mapping the one guessed from the columns' names is used, complete or not.
    """
    table = read_table(file)
    given = mapping if mapping is not None else guess(table.header, reading.fields)
    chosen = {one.key: given[one.key] for one in reading.fields if one.key in given}
    seen = Preview(table.header, chosen)
    for row in mapped(table, chosen):
        if seen.read == PREVIEWED:
            seen.more = True
            break
        seen.read += 1
        problems = [row] if isinstance(row, Problem) else reading.check(row)
        seen.bad += bool(problems)
        seen.problems += [named_by_column(p, chosen) for p in problems][: PROBLEMS_SHOWN - len(seen.problems)]
        if isinstance(row, Record) and len(seen.rows) < SHOWN:
            seen.rows.append(row)
    return seen


# --- from the upload to the queue ------------------------------------------------------------------------------------
def begin(model: type[J], upload: File[bytes], reading: Reading, *, owner: Any, at: dt.datetime, **more: Any) -> J:
    """Keep an uploaded file as an import that waits for its owner to look at it. Raises `FileRefused`, `UnusableFile`."""
    table = read_table(upload)
    kept = store(upload, allowed=(CSV,), field="file")
    return model._default_manager.create(
        owner=owner,
        name=kept.name,
        sha256=kept.sha256,
        size=kept.size,
        mapping=guess(table.header, reading.fields),
        message=_("Not started yet: look at what is in it first."),
        created_at=at,
        **more,
    )


def start(job: J, reading: Reading, mapping: Mapping[str, str], *, skip_bad: bool, at: dt.datetime) -> J:
    """The owner has looked: a worker may read the file now. Refuses a second start, and a mapping that can't be used."""
    locked = type(job)._default_manager.select_for_update().get(pk=job.pk)
    if locked.ready_at is not None:
        raise WrongState(_("This file is being imported already."))
    with locked.open() as file:
        check_mapping(mapping, read_table(file).header, reading.fields)
    locked.mapping, locked.skip_bad, locked.ready_at, locked.message = dict(mapping), skip_bad, at, ""
    locked.save(update_fields=["mapping", "skip_bad", "ready_at", "message"])
    return locked


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        help_text=gettext_lazy("UTF-8 or UTF-16, the first line names the columns. 50 MB at most."),
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )


class MappingForm(forms.Form):
    """Which column of the file fills which field; and whether rows that can't be used are left out."""

    skip_bad = forms.BooleanField(
        label=gettext_lazy("Leave out rows that can't be used"),
        help_text=gettext_lazy("Without this, one bad row stops the whole import and nothing is written."),
        required=False,
    )

    def __init__(
        self, data: Any = None, *, reading: Reading, header: Sequence[str], mapping: Mapping[str, str]
    ) -> None:
        super().__init__(data)
        choices = [("", _("– not in the file –")), *((name, name) for name in header)]
        for one in reading.fields:
            self.fields[one.key] = forms.ChoiceField(
                label=str(one.label),
                choices=choices,
                required=one.required,
                help_text=str(one.hint),
                initial=mapping.get(one.key, ""),
            )
        self.order_fields([*(one.key for one in reading.fields), "skip_bad"])

    @property
    def columns(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name != "skip_bad"]

    @property
    def mapping(self) -> dict[str, str]:
        chosen = self.cleaned_data if self.is_bound else {}
        return {name: chosen[name] for name in self.fields if name != "skip_bad" and chosen.get(name)}


# --- the job ---------------------------------------------------------------------------------------------------------
def claim(model: type[J], at: dt.datetime) -> J | None:
    """Lease the oldest import that is ready, or whose worker died, to the caller alone."""
    waiting = Q(status=Job.Status.WAITING) | Q(status=Job.Status.RUNNING, lease_until__lt=at)
    with transaction.atomic():
        ready = model._default_manager.filter(waiting, ready_at__lte=at)
        job = ready.order_by("ready_at").select_for_update(skip_locked=True).first()
        if job is None:
            return None
        job.attempts += 1
        job.status, job.started_at, job.lease_until, job.done = Job.Status.RUNNING, at, at + LEASE, 0
        job.save(update_fields=["attempts", "status", "started_at", "lease_until", "done"])
    if job.attempts > MOST_ATTEMPTS:
        _end(job, Job.Status.FAILED, _(BROKEN), {})
        return claim(model, at)
    return job


def run(job: FileImport, reading: Reading) -> None:
    """Read the file of a claimed job and keep its report, or its failure. Safe to run again after a crash."""
    try:
        with job.open() as file:
            _set_total(job, sum(1 for _row in read_table(file)))
        with job.open() as file:
            report = load(file, reading, job.mapping, job=job, actor=job.owner, skip_bad=job.skip_bad)
    except DomainError as error:
        _end(job, Job.Status.FAILED, error.message, {})
    except Exception:
        logger.exception("Import %s failed", job.pk)
        _end(job, Job.Status.FAILED, _(BROKEN), {})
    else:
        used = report.ok or job.skip_bad
        _end(job, Job.Status.DONE if used else Job.Status.FAILED, summary(report, used=used), as_json(report))


def load(
    file: IO[bytes], reading: Reading, mapping: Mapping[str, str], *, actor: Any, skip_bad: bool, job: Any = None
) -> Report:
    """Read and write a whole file, as a worker (with a job) or as a command (without)."""
    table = read_table(file)
    check_mapping(mapping, table.header, reading.fields)
    rows = (named_by_column(row, mapping) if isinstance(row, Problem) else row for row in mapped(table, mapping))
    progress = _progress_of(job) if job is not None else _no_progress
    report = reading.load(rows, job=job, actor=actor, at=server_now(), skip_bad=skip_bad, progress=progress)
    report.problems = [named_by_column(problem, mapping) for problem in report.problems]
    report.notes = [named_by_column(note, mapping) for note in report.notes]
    return report


def _no_progress(_done: int) -> None:
    pass


def _progress_of(job: FileImport) -> Progress:
    """Writes how far the job is, at most twice a second, and renews its lease. Call it outside of a transaction."""
    last = time.monotonic()

    def progress(done: int) -> None:
        nonlocal last
        if time.monotonic() - last < PROGRESS_SECONDS:
            return
        last = time.monotonic()
        _mine(job).update(done=done, lease_until=server_now() + LEASE)

    return progress


def _mine(job: FileImport) -> models.QuerySet[Any]:
    """The job's row, as long as no other worker took it over."""
    return type(job)._default_manager.filter(pk=job.pk, attempts=job.attempts, status=Job.Status.RUNNING)


def _set_total(job: FileImport, total: int) -> None:
    job.total = total
    _mine(job).update(total=total)


def _end(job: FileImport, status: str, message: str, result: dict[str, Any]) -> None:
    done = F("total") if status == Job.Status.DONE else F("done")
    _mine(job).update(
        status=status, message=message, result=result, finished_at=server_now(), lease_until=None, done=done
    )
    job.refresh_from_db()


# --- the report ------------------------------------------------------------------------------------------------------
def as_json(report: Report) -> dict[str, Any]:
    return asdict(report)


def from_json(kept: Mapping[str, Any]) -> Report:
    rows = {name: [Problem(**one) for one in kept.get(name, [])] for name in ("problems", "notes")}
    return Report(**{**kept, **rows})


def summary(report: Report, *, used: bool) -> str:
    """One sentence on what became of a file, for the page and the terminal."""
    numbers = {name: f"{value:,}" for name, value in asdict(report).items() if isinstance(value, int)}
    if not used:
        return _("%(failed)s of %(read)s rows can't be used, so nothing was imported.") % numbers
    words = _("%(created)s new, %(changed)s changed, %(unchanged)s as they were.") % numbers
    return words + (" " + _("%(failed)s rows were left out.") % numbers if report.failed else "")


def in_batches(things: Iterable[Any], size: int) -> Iterator[list[Any]]:
    iterator = iter(things)
    while batch := list(itertools.islice(iterator, size)):
        yield batch
