"""How far an export is, told while its own transaction only reads: over a connection of its own, seen at once."""

import datetime as dt
from types import TracebackType

from django.db import connection

from reports.models import ExportJob

TELL = """
    UPDATE reports_exportjob
       SET done = %(done)s, total = COALESCE(%(total)s, total), lease_until = %(lease)s
     WHERE id = %(job)s AND status = 'running' AND attempts = %(attempt)s
"""


class ProgressLine:
    """A second connection to the same database. Each word renews the lease; the answer says whether to go on."""

    def __init__(self, job: ExportJob, lease: dt.timedelta) -> None:
        self._job, self._lease = job, lease
        self._connection = connection.copy()

    def __enter__(self) -> "ProgressLine":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def tell(self, done: int, total: int | None, at: dt.datetime) -> bool:
        """False once the export was cancelled, or belongs to another worker."""
        facts = {
            "done": done,
            "total": total,
            "lease": at + self._lease,
            "job": self._job.pk,
            "attempt": self._job.attempts,
        }
        with self._connection.cursor() as cursor:
            cursor.execute(TELL, facts)
            return bool(cursor.rowcount)
