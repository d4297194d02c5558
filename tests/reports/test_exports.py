"""Exports: the file says what the page says, whoever asks, whatever is written meanwhile, whatever dies."""

import csv
import datetime as dt
import io
import threading
import time
from decimal import Decimal

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.http import QueryDict
from python_calamine import CalamineWorkbook

from accounts.models import Role, User
from audit.models import AuditEvent
from core.errors import InvalidInput, NotAllowed, WrongState
from core.lists import BadQuery, get_spec
from core.lists.query import ListQuery
from funds import services as ledger
from funds.models import Fund
from grants.models import ProposalSeal
from reports import services
from reports.errors import FileGone, TooManyExports
from reports.files import export_file
from reports.models import ExportJob
from reports.progress import ProgressLine
from reports.tasks import wake
from tests.funds.stories import NOON, funded, make_award, make_fund, make_user, year_of
from tests.funds.test_rules import with_role
from tests.grants.stories import make_draft

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOON + dt.timedelta(hours=1)
PAYLOADS = ["=1+1", "+SUM(A1)", "-2+3", "@SUM(1)", "\t=1", "\r=1", " =1", "＝1+1", '=HYPERLINK("http://x","y")', "|cmd"]


def clock() -> dt.datetime:
    return LATER


def story() -> Fund:
    """Committed: 100 on 1 March 2026, and 40.25 more on the second."""
    fund = make_fund(1000, 1000)
    funded(fund, 600)
    award = make_award(fund)
    year = year_of(fund)
    ledger.commit(award, {year: Decimal(100)}, text="First", actor=None, at=NOON)
    ledger.commit(award, {year: Decimal("40.25")}, text="Second", actor=None, at=NOON + dt.timedelta(days=1))
    return fund


def made(user: User, spec: str, query: str = "", format: str = "csv") -> ExportJob:  # noqa: A002
    asked = services.request_export(spec, query, format, actor=user, at=NOON)
    done = services.run_export(asked.pk, NOON, clock=clock)
    assert done is not None
    return done


def content(job: ExportJob, user: User) -> bytes:
    answer = export_file(job, user, LATER)
    data = b"".join(answer.streaming_content)
    answer.close()
    return data


def rows_of_csv(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def rows_of_xlsx(data: bytes) -> list[list[object]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


# --- the file says what the page says ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("spec", "label", "key"),
    [("ledger_entries", "Authority", "authority"), ("ledger_lines", "Credit", "credit"), ("funds", "Free", "free")],
)
@pytest.mark.parametrize("query", ["", "as_of=2026-03-01"])
def test_totals_when_read_back_from_either_file_then_they_are_the_pages(spec, label, key, query):
    story()
    user = with_role(Role.AUDITOR)
    ((total, currency),) = ListQuery(get_spec(spec), user, QueryDict(query)).totals[key]
    rows = rows_of_csv(content(made(user, spec, query), user))
    assert sum(Decimal(row[label]) for row in rows if row[label]) == total
    head, *body = rows_of_xlsx(content(made(user, spec, query, "xlsx"), user))
    column = head.index(label)
    *body, _blank, foot = body
    amounts = [Decimal(str(row[column])) for row in body if row[column] != ""]
    assert (sum(amounts), Decimal(str(foot[column])), foot[0]) == (total, total, f"Total {currency}")
    assert len(body) == len(rows)


def test_file_when_drawn_as_of_a_past_day_then_later_entries_are_not_in_it():
    story()
    user = with_role(Role.AUDITOR)
    texts = [row["Text"] for row in rows_of_csv(content(made(user, "ledger_entries", "as_of=2026-03-01"), user))]
    assert ("First" in texts, "Second" in texts) == (True, False)
    job = made(user, "ledger_entries", "as_of=2026-03-01&fund=af")
    assert (job.file_name, job.rows) == ("ledger-entries-2026-03-01.csv", 5)


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_text_when_it_would_run_as_a_formula_then_the_file_holds_it_as_text(format):  # noqa: A002
    fund, user = make_fund(), with_role(Role.AUDITOR, "=cmd|' /C calc'!A0")
    for n, payload in enumerate(PAYLOADS):
        ledger.appropriate(year_of(fund), Decimal(1), text=payload, actor=user, at=NOON + dt.timedelta(minutes=n))
    data = content(made(user, "ledger_entries", "sort=posted_at", format), user)
    if format == "csv":
        rows = rows_of_csv(data)[1:]
        cells = [row["Text"] for row in rows]
        assert {row["Posted by"] for row in rows} == {"'=cmd|' /C calc'!A0"}
        assert cells == [f"'{payload}" for payload in PAYLOADS[:-1]] + ["|cmd"]
    else:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
        place = sheet[0].index("Text")
        shown = [str(row[place]).lstrip("'").strip() for row in sheet[2 : 2 + len(PAYLOADS)]]
        assert shown == [payload.strip() for payload in PAYLOADS]
        assert b"<f>" not in data  # the strings are strings: no formula but the totals, and these are deflated


def test_export_while_twenty_entries_are_posted_then_every_file_balances():
    fund, user = story(), with_role(Role.AUDITOR)
    stop = threading.Event()

    def write() -> None:
        try:
            for _ in range(20):
                ledger.appropriate(year_of(fund), Decimal("1.01"), text="Meanwhile", actor=None, at=LATER)
        finally:
            connection.close()
            stop.set()

    writer = threading.Thread(target=write)
    writer.start()
    while True:
        last = stop.is_set()
        job = made(user, "ledger_lines")
        rows = rows_of_csv(content(job, user))
        debit, credit = (sum(Decimal(row[side]) for row in rows if row[side]) for side in ("Debit", "Credit"))
        assert (debit, len(rows)) == (credit, job.rows)
        if last:
            break
    writer.join()
    assert job.rows == 14 + 2 * 20


# --- who may ----------------------------------------------------------------------------------------------------------
def test_request_when_the_list_is_closed_or_the_question_can_not_be_put_is_refused():
    user, nobody = with_role(Role.AUDITOR), make_user("Nobody Special")
    with pytest.raises(NotAllowed):
        services.request_export("ledger_entries", "", "csv", actor=nobody, at=NOON)
    with pytest.raises(BadQuery):
        services.request_export("ledger_entries", "colour=red", "csv", actor=user, at=NOON)
    with pytest.raises(InvalidInput):
        services.request_export("ledger_entries", "as_of=2999-01-01", "csv", actor=user, at=NOON)
    with pytest.raises(InvalidInput):
        services.request_export("ledger_entries", "", "exe", actor=user, at=NOON)
    assert ExportJob.objects.count() == 0


def test_run_when_the_role_was_taken_meanwhile_then_it_fails_with_the_reason():
    story()
    user = with_role(Role.AUDITOR)
    asked = services.request_export("ledger_entries", "", "csv", actor=user, at=NOON)
    user.role_grants.update(ends_at=NOON)
    job = services.run_export(asked.pk, NOON, clock=clock)
    assert (job.status, job.message, job.stored_as) == (
        "failed",
        "The ledger is open to finance, auditors and administrators.",
        "",
    )


def test_download_when_any_role_it_was_drawn_with_is_gone_is_refused():
    story()
    user = with_role(Role.AUDITOR)
    user.role_grants.create(role=Role.ADMINISTRATOR, starts_at=NOON - dt.timedelta(days=9))
    job = made(fresh(user), "ledger_entries")
    assert content(job, fresh(user))
    user.role_grants.filter(role=Role.ADMINISTRATOR).update(ends_at=NOON)
    with pytest.raises(NotAllowed, match="You held a role"):  # the list itself is still open to them
        export_file(job, fresh(user), LATER)
    user.role_grants.filter(ends_at=None).update(ends_at=NOON)
    with pytest.raises(NotAllowed, match="The ledger is open to"):
        export_file(job, fresh(user), LATER)


def test_download_when_a_conflict_was_recorded_since_is_refused():
    user = with_role(Role.AUDITOR)
    job, proposal = made(user, "funds"), make_draft()
    seal = ProposalSeal.objects.create(proposal=proposal, user=user, sealed_at=LATER)
    with pytest.raises(NotAllowed, match="What you may read has changed"):
        export_file(job, user, LATER)
    seal.lifted_at = LATER
    seal.save()
    assert content(job, user)


# --- what becomes of a job --------------------------------------------------------------------------------------------
def test_request_when_it_comes_twice_then_one_export_is_made_and_ten_are_the_most():
    user = with_role(Role.AUDITOR)
    first = services.request_export("ledger_lines", "", "csv", actor=user, at=NOON)
    assert services.request_export("ledger_lines", "", "csv", actor=user, at=NOON) == first
    for n in range(services.MOST_ACTIVE - 1):
        services.request_export("ledger_lines", f"q={n}", "csv", actor=user, at=NOON)
    with pytest.raises(TooManyExports):
        services.request_export("ledger_lines", "q=more", "csv", actor=user, at=NOON)
    assert ExportJob.objects.count() == services.MOST_ACTIVE


def test_claim_when_two_workers_come_then_one_has_it_until_its_lease_runs_out():
    user = with_role(Role.AUDITOR)
    asked = services.request_export("funds", "", "csv", actor=user, at=NOON)
    first = services.claim(NOON)
    assert (first, services.claim(NOON + services.LEASE)) == (asked, None)
    second = services.claim(NOON + services.LEASE + dt.timedelta(seconds=1))
    assert second.attempts == 2
    with ProgressLine(first, services.LEASE) as dead, ProgressLine(second, services.LEASE) as alive:
        assert (dead.tell(5, 9, NOON), alive.tell(3, 9, LATER)) == (False, True)
    seen = ExportJob.objects.get(pk=asked.pk)
    assert (seen.done, seen.total, seen.percent, seen.lease_until) == (3, 9, 33, LATER + services.LEASE)


def test_export_when_it_ended_three_workers_then_it_fails_for_good():
    user, at = with_role(Role.AUDITOR), NOON
    asked = services.request_export("funds", "", "csv", actor=user, at=NOON)
    for _ in range(services.MOST_ATTEMPTS):
        assert services.claim(at) == asked
        at += 2 * services.LEASE
    assert services.claim(at) is None
    job = ExportJob.objects.get()
    assert (job.status, "three times" in job.message) == ("failed", True)


def test_cancel_while_it_is_made_then_no_file_stays_and_it_can_be_tried_again():
    story()
    user = with_role(Role.AUDITOR)
    asked = services.request_export("ledger_lines", "", "csv", actor=user, at=NOON)

    def cancelling_clock() -> dt.datetime:
        job = ExportJob.objects.get(pk=asked.pk)
        if job.status == "running":
            thread = threading.Thread(target=cancel)
            thread.start()
            thread.join()
        return LATER

    def cancel() -> None:
        try:
            job = ExportJob.objects.get(pk=asked.pk)
            if job.status == "running":
                services.cancel_export(job, actor=user, at=LATER)
        finally:
            connection.close()

    job = services.run_export(asked.pk, NOON, clock=cancelling_clock)
    assert (job.status, job.stored_as, job.message) == ("cancelled", "", "You cancelled it.")
    with pytest.raises(FileGone):
        export_file(job, user, LATER)
    with pytest.raises(WrongState):
        services.cancel_export(job, actor=user, at=LATER)
    assert services.retry_export(job, actor=user, at=LATER).status == "waiting"
    assert services.run_export(asked.pk, LATER, clock=clock).status == "done"


def test_failure_when_the_storage_refuses_then_it_is_kept_in_words(settings, tmp_path):
    story()
    user = with_role(Role.AUDITOR)
    asked = services.request_export("ledger_lines", "", "xlsx", actor=user, at=NOON)
    (tmp_path / "full").write_text("a file where a folder should be")
    settings.MEDIA_ROOT = tmp_path / "full"
    job = services.run_export(asked.pk, NOON, clock=clock)
    assert (job.status, job.message.startswith("Something went wrong"), job.ended) == ("failed", True, True)
    assert [event.verb for event in AuditEvent.objects.filter(target_id=str(job.pk)).order_by("pk")] == [
        "export.requested",
        "export.failed",
    ]


def test_file_when_seven_days_are_over_then_it_is_swept_and_can_be_made_again():
    story()
    user = with_role(Role.AUDITOR)
    job = made(user, "ledger_lines")
    assert (services.sweep_exports(LATER), default_storage.exists(job.stored_as)) == (0, True)
    with pytest.raises(FileGone):
        export_file(job, user, job.expires_at)
    assert (services.sweep_exports(job.expires_at), default_storage.exists(job.stored_as)) == (1, False)
    swept = ExportJob.objects.get(pk=job.pk)
    assert (swept.status, swept.stored_as, swept.sha256) == ("done", "", job.sha256)
    again = services.retry_export(swept, actor=user, at=LATER)
    assert (again.pk != job.pk, again.query, again.status) == (True, job.query, "waiting")


def test_worker_when_it_is_woken_through_the_broker_then_it_makes_the_export(worker):
    story()
    user = with_role(Role.AUDITOR)
    asked = services.request_export("ledger_lines", "", "xlsx", actor=user, at=NOON)
    wake()
    deadline = time.monotonic() + 20
    while not (job := ExportJob.objects.get(pk=asked.pk)).ended and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (job.status, job.rows, job.done, job.percent) == ("done", 14, 14, 100)


def test_queue_when_no_wake_up_call_came_then_the_row_is_enough():
    user = with_role(Role.AUDITOR)
    services.request_export("funds", "", "csv", actor=user, at=NOON)
    assert [services.run_next(NOON, clock=clock) for _ in range(2)] == [True, False]
    assert ExportJob.objects.get().status == "done"
