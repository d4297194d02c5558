"""Proposals from a file: all or none, twice is once, bad rows by line and column."""

import csv
import datetime as dt
import io
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from audit.models import AuditEvent
from grants.models import Call, Proposal, Submission
from grants.services import submission, triage
from tests.grants.stories import NOON, make_call, make_user
from universities.models import University

pytestmark = pytest.mark.django_db
REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "nsf_awards_fy2026.csv"
HEAD = "award_id,title,institution,state,amount_usd,start_date,end_date,abstract"
ROWS = (
    "A-1,Soil maps,Northmoor University,TX,299999,2026-04-01,2028-03-31,We map soil.",
    "A-2,Öl & Eis,Universität Südstadt,,1000.50,2026-04-01,,Wir messen.",
)


@pytest.fixture
def call() -> Call:
    return make_call(status="closed")


def write(path: Path, *rows: str, encoding: str = "utf-8") -> Path:
    path.write_bytes("\n".join((HEAD, *rows)).encode(encoding))
    return path


def load(path: Path, call: Call, **options: object) -> str:
    out = io.StringIO()
    call_command("import_proposals", str(path), call=call.code, stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue().strip()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_import_makes_submitted_proposals_with_receipts(tmp_path: Path, call: Call, encoding: str) -> None:
    words = load(write(tmp_path / "p.csv", *ROWS, encoding=encoding), call)
    assert words == "2 new, 0 changed, 0 as they were."
    first, second = Proposal.objects.order_by("number")
    receipt = first.submissions.get()
    assert (first.number, first.status, first.requested, first.months) == (
        "AI-26-0001",
        "submitted",
        Decimal(299_999),
        24,
    )
    assert (str(second.university), second.requested, second.months) == (
        "Universität Südstadt",
        Decimal("1000.50"),
        None,
    )
    assert (receipt.content["source"], receipt.sha256) == ("import", submission.checksum(receipt.content))
    assert first.answers.get(key="idea").value == "We map soil."
    assert AuditEvent.objects.filter(verb="proposals.imported").count() == 1


def test_import_twice_changes_nothing_and_a_changed_row_is_counted(tmp_path: Path, call: Call) -> None:
    path = write(tmp_path / "p.csv", *ROWS)
    load(path, call)
    assert load(path, call) == "0 new, 0 changed, 2 as they were."
    assert (Submission.objects.count(), AuditEvent.objects.filter(verb="proposals.imported").count()) == (2, 1)
    words = load(write(path, ROWS[0].replace("Soil maps", "Better maps"), ROWS[1]), call)
    assert words == "0 new, 1 changed, 1 as they were."
    first = Proposal.objects.get(import_key="A-1")
    assert (first.title, first.submissions.count(), first.budget_lines.count()) == ("Better maps", 2, 1)


def test_import_names_bad_rows_and_writes_nothing(tmp_path: Path, call: Call) -> None:
    bad = (
        "A-3,,Northmoor University,,abc,2026-04-01,2025-01-01,Text",
        "A-1,Again,Northmoor University,,5,2026-13-01,,Text",
        "A-1,Third,Northmoor University,,5,,,Text",
    )
    path, err = write(tmp_path / "p.csv", ROWS[0], *bad), io.StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("import_proposals", str(path), call=call.code, stderr=err)
    assert err.getvalue().splitlines() == [
        "Line 3, title: is empty.",
        "Line 3, amount_usd: “abc”: Write the amount like 12,500.00 (a point before the decimals).",
        "Line 3, end_date: is before the start.",
        "Line 4, start_date: “2026-13-01” is no day. Write it like 2027-03-31.",
        "Line 5, award_id: “A-1” stands in line 2 already.",
    ]
    assert str(refused.value) == "3 of 4 rows can't be used, so nothing was imported."
    assert (Proposal.objects.count(), University.objects.count()) == (0, 0)
    assert load(path, call, skip_bad=True) == "1 new, 0 changed, 0 as they were. 3 rows were left out."


def test_import_of_a_row_that_was_decided_on_is_refused_whole(tmp_path: Path, call: Call) -> None:
    path = write(tmp_path / "p.csv", *ROWS)
    load(path, call)
    triage.mark_eligible(Proposal.objects.get(import_key="A-1"), actor=None, at=NOON)
    changed = write(path, ROWS[0].replace("Soil", "Sand"), ROWS[1].replace("Öl", "Wasser"))
    with pytest.raises(CommandError):
        load(changed, call)
    assert set(Proposal.objects.values_list("title", flat=True)) == {"Soil maps", "Öl & Eis"}


def test_import_into_a_draft_or_from_another_encoding_is_refused(tmp_path: Path, call: Call) -> None:
    Call.objects.filter(pk=call.pk).update(status="draft", published_at=None)
    with pytest.raises(CommandError, match="this one is draft"):
        load(write(tmp_path / "p.csv", *ROWS), call)
    Call.objects.filter(pk=call.pk).update(status="open", published_at=NOON)
    with pytest.raises(CommandError, match="not UTF-8"):
        load(write(tmp_path / "p.csv", ROWS[1], encoding="latin-1"), call)
    assert not Proposal.objects.exists()


@pytest.mark.skipif(not REAL.exists(), reason="The file of 691 real awards is not on this machine (shared/data).")
def test_import_of_the_real_file_twice(call: Call) -> None:
    officer = make_user("Oda Officer", "programme_officer")
    assert load(REAL, call, actor=officer.email) == "691 new, 0 changed, 0 as they were."
    assert load(REAL, call) == "0 new, 0 changed, 691 as they were."
    with REAL.open(newline="", encoding="utf-8-sig") as file:
        total = sum(Decimal(row["amount_usd"]) for row in csv.DictReader(file))
    assert sum(Proposal.objects.values_list("requested", flat=True)) == total
    assert Proposal.objects.filter(submitted_at__gt=dt.datetime(2020, 1, 1, tzinfo=dt.UTC)).count() == 691
