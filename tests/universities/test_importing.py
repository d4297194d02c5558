import io
import os
import time
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import transaction

from audit.models import AuditEvent
from core import imports
from core.csvfile import FileRefused, read_table
from core.errors import WrongState
from tests.universities.makers import DAY, NOON, make_manager, make_university
from universities import services, tasks
from universities.importing import READING, start_import
from universities.models import Domain, ImportJob, University

pytestmark = pytest.mark.django_db
REAL = Path(os.environ.get("UNIVERSITIES_CSV", Path(__file__).parents[3] / "shared/data/universities_world.csv"))
HEADER = "name,country,alpha_two_code,state_province,domains,web_pages\n"
GOOD = HEADER + (
    "Example University,Netherlands,NL,,example.edu;ex.nl,https://example.edu/;http://old.example.edu/\n"
    '"Тестовый, университет",Russia,RU,Москва,test.example,\n'
    "University of Prishtina,Kosovo,XK,,uni-pr.example,http://uni-pr.example/\n"
)


def load(text, *, skip_bad=False, encoding="utf-8", actor=None):
    content = io.BytesIO(text.encode(encoding))
    mapping = imports.guess(read_table(content).header, READING.fields)
    return imports.load(content, READING, mapping, actor=actor, skip_bad=skip_bad)


def counts(report):
    return report.read, report.created, report.changed, report.unchanged, report.failed


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_import_twice_changes_nothing_the_second_time(encoding):
    assert counts(load(GOOD, encoding=encoding)) == (3, 3, 0, 0, 0)
    before = list(University.objects.order_by("pk").values())
    assert counts(load(GOOD, encoding=encoding)) == (3, 0, 0, 3, 0)
    assert list(University.objects.order_by("pk").values()) == before
    assert AuditEvent.objects.filter(verb="universities.imported").count() == 1
    found = University.objects.search("университет").get()
    assert (found.name, found.country.code, found.region) == ("Тестовый, университет", "RU", "Москва")
    assert University.objects.get(name="Example University").website == "https://example.edu/"
    assert list(Domain.objects.values_list("domain", flat=True)) == [
        "ex.nl",
        "example.edu",
        "test.example",
        "uni-pr.example",
    ]


BAD = GOOD + (
    ",Spain,ES,,uni.example,\n"
    "Nowhere College,Nowhere,QQ,,a b.example,nonsense\n"
    "Short row,Spain\n"
    "Mail College,Spain,ES,,gmail.com,\n"
)


def test_import_with_bad_rows_names_each_by_line_and_column_and_writes_nothing():
    report = load(BAD)
    assert (counts(report), University.objects.count()) == ((7, 0, 0, 0, 4), 0)
    assert [(one.line, one.column) for one in report.problems] == [
        (5, "name"),
        (6, "alpha_two_code"),
        (6, "domains"),
        (6, "web_pages"),
        (7, ""),
        (8, "domains"),
    ]
    assert str(report.problems[1]) == "Line 6, alpha_two_code: “QQ” is not a country."


def test_import_with_skip_bad_takes_the_rest():
    assert counts(load(BAD, skip_bad=True)) == (7, 3, 0, 0, 4)
    assert University.objects.count() == 3


@pytest.mark.parametrize(
    "content",
    [
        GOOD.encode("utf-16")[2:],  # without its mark
        "name,alpha_two_code\nUniversité,FR\n".encode("latin-1"),
        b"\x00\x01\x02",
        b"",
        b"PK\x03\x04 no table",
        b"name,name,alpha_two_code\nA,B,NL\n",
        b"alpha_two_code,domains\nNL,x.example\n",
    ],
)
def test_import_of_a_file_that_is_no_such_table_is_refused_whole(content):
    file = io.BytesIO(content)
    with pytest.raises(FileRefused):
        imports.load(file, READING, imports.guess(read_table(file).header, READING.fields), actor=None, skip_bad=True)
    assert University.objects.count() == 0


def test_import_fills_what_is_empty_and_overwrites_nothing():
    university = make_university("Example University", domains=("example.edu",), website="https://ours.example/")
    report = load(
        "name,alpha_two_code,domains,web_pages,city\nexample  university,NL,example.edu;ex.nl,http://x.example,Delft\n"
    )
    assert counts(report) == (1, 0, 1, 0, 0)
    university.refresh_from_db()
    assert (university.website, university.city, university.domains.count()) == ("https://ours.example/", "Delft", 2)
    assert University.objects.search("delft ex.nl").get() == university


def test_import_of_one_domain_with_two_names_keeps_both_and_notes_it():
    text = HEADER + "Academy of Arts,Norway,NO,,khio.example,\nCollege of Design,Norway,NO,,khio.example,\n"
    report = load(text)
    assert (counts(report), [str(note) for note in report.notes]) == (
        (2, 2, 0, 0, 0),
        ["Line 3, domains: khio.example is Academy of Arts's already and stays there."],
    )
    assert counts(load(text)) == (2, 0, 0, 2, 0)


def test_import_of_a_merged_entry_leaves_it_merged():
    load(GOOD)
    old, stays = University.objects.get(name="Example University"), make_university("Example")
    services.merge(old, stays, actor=make_manager(), at=NOON)
    assert [counts(load(GOOD)) for _ in range(2)] == [(3, 0, 1, 2, 0), (3, 0, 0, 3, 0)]  # its website was empty
    old.refresh_from_db()
    assert (old.merged_into, University.objects.count()) == (stays, 4)


def test_mapping_with_a_column_twice_or_none_for_the_name_is_refused():
    header = ["name", "alpha_two_code"]
    for mapping in (
        {"name": "name", "country": "name"},
        {"country": "alpha_two_code"},
        {"name": "x", "country": "name"},
    ):
        with pytest.raises(FileRefused):
            imports.check_mapping(mapping, header, READING.fields)


def test_preview_shows_first_rows_and_what_is_wrong_by_the_names_of_the_file():
    look = imports.preview(io.BytesIO(BAD.encode()), READING)
    assert look.mapping == {
        "name": "name", "country": "alpha_two_code", "region": "state_province", "domains": "domains",
        "website": "web_pages",
    }  # fmt: skip
    assert (look.read, look.bad, look.problems[0].column, look.rows[0].values["name"]) == (
        7,
        4,
        "name",
        "Example University",
    )


def test_command_imports_and_refuses(tmp_path, capsys):
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(GOOD)
    bad.write_text(BAD)
    call_command("import_institutions", str(good))
    assert capsys.readouterr().out == "3 new, 0 changed, 0 as they were.\n"
    with pytest.raises(CommandError, match="4 of 7 rows can't be used"):
        call_command("import_institutions", str(bad))
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_institutions", str(tmp_path / "none.csv"))


# --- the job ----------------------------------------------------------------------------------------------------------
def make_job(text=GOOD, **start):
    manager = make_manager()
    upload = SimpleUploadedFile("../unis.csv", text.encode())
    job = imports.begin(ImportJob, upload, READING, owner=manager, at=NOON)
    return start_import(job, job.mapping, skip_bad=False, actor=manager, at=NOON) if start.get("start", True) else job


def test_job_before_its_owner_looked_is_left_alone():
    job = make_job(start=False)
    tasks.run_imports()
    job.refresh_from_db()
    assert (job.status, job.name, University.objects.count()) == ("waiting", "unis.csv", 0)


def test_job_is_read_once_and_keeps_its_report():
    job = make_job()
    with pytest.raises(WrongState), transaction.atomic():
        start_import(job, job.mapping, skip_bad=True, actor=job.owner, at=NOON)
    tasks.run_imports()
    tasks.run_imports()
    job.refresh_from_db()
    assert (job.status, job.done, job.total, job.attempts) == ("done", 3, 3, 1)
    assert (job.message, counts(imports.from_json(job.result))) == (
        "3 new, 0 changed, 0 as they were.",
        (3, 3, 0, 0, 0),
    )


def test_job_with_bad_rows_fails_and_says_which():
    job = make_job(BAD)
    tasks.run_imports()
    job.refresh_from_db()
    assert (job.status, University.objects.count()) == ("failed", 0)
    assert imports.from_json(job.result).problems[0].line == 5


def test_job_of_a_worker_that_died_is_taken_over_and_given_up_in_the_end():
    job = make_job()
    claimed = [imports.claim(ImportJob, NOON + n * DAY) for n in range(4)]
    assert [(one.pk, one.attempts) if one else None for one in claimed] == [
        (job.pk, 1), (job.pk, 2), (job.pk, 3), None,
    ]  # fmt: skip
    job.refresh_from_db()
    assert job.status == "failed"


def test_job_taken_over_by_another_is_not_ended_by_the_first():
    make_job()
    slow = imports.claim(ImportJob, NOON)
    fast = imports.claim(ImportJob, NOON + DAY)
    imports.run(slow, READING)
    fast.refresh_from_db()
    assert fast.status == "running"


@pytest.mark.skipif(not REAL.exists(), reason=f"The file of 10,251 universities is not at {REAL.name}'s place.")
def test_real_file_is_read_whole_fast_and_once():
    started = time.monotonic()
    with REAL.open("rb") as file:
        mapping = imports.guess(read_table(file).header, READING.fields)
        first = imports.load(file, READING, mapping, actor=None, skip_bad=False)
        seconds = time.monotonic() - started
        second = imports.load(file, READING, mapping, actor=None, skip_bad=False)
    assert (counts(first), counts(second)) == ((10_251, 10_251, 0, 0, 0), (10_251, 0, 0, 10_251, 0))
    assert (University.objects.count(), len(first.notes), seconds < 30) == (10_251, 3, True)
    started = time.monotonic()
    found = University.objects.active().search("liège").best_first("liège")[:10]
    assert ("University of Liège" in [one.name for one in found], time.monotonic() - started < 1) == (True, True)
