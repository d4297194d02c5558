"""The pages of exports, and the same by program."""

import datetime as dt

import pytest
from django.urls import reverse

from accounts.models import Role
from core.clock import server_now
from reports import services
from reports.models import ExportJob
from tests.funds.stories import make_fund, make_user
from tests.funds.test_rules import with_role

NOBODY = "Nobody Special"


def asked(user, spec="ledger_lines", query="", format="csv"):  # noqa: A002
    return services.request_export(spec, query, format, actor=user, at=server_now())


def ran(job):
    return services.run_export(job.pk, server_now(), clock=server_now)


PAGES = ["export_job", "export_progress", "export_file"]
ACTS = ["export_cancel", "export_retry"]


@pytest.mark.django_db
def test_job_when_it_is_somebody_elses_then_it_is_not_there(client):
    job = asked(with_role(Role.AUDITOR))
    client.force_login(with_role(Role.ADMINISTRATOR, "Root Example"))
    answers = [client.get(reverse(f"reports:{name}", args=[job.pk])).status_code for name in PAGES]
    answers += [client.post(reverse(f"reports:{name}", args=[job.pk])).status_code for name in ACTS]
    answers += [client.get(f"/api/v1/exports/{job.pk}/{part}").status_code for part in ("", "file/")]
    answers += [client.post(f"/api/v1/exports/{job.pk}/{part}/").status_code for part in ("cancel", "retry")]
    assert answers == [404] * 9
    assert (
        client.get("/api/v1/exports/").json()["results"],
        job.title in client.get("/reports/exports/").content.decode(),
    ) == ([], True)


@pytest.mark.django_db(transaction=True)
def test_road_when_a_list_is_exported_by_pages_then_its_file_comes(client, broker):
    make_fund()
    client.force_login(with_role(Role.FINANCE_OFFICER))
    form = {"query": "fund=af&sort=-effective_on", "format": "csv"}
    answer = client.post(reverse("reports:export_list", args=["ledger_entries"]), form)
    job = ExportJob.objects.get()
    assert answer.url == reverse("reports:export_job", args=[job.pk])
    waiting = client.get(answer.url).content.decode()
    assert (f'hx-get="/reports/exports/{job.pk}/progress/"' in waiting, "Download" in waiting) == (True, False)
    assert client.get(reverse("reports:export_file", args=[job.pk])).status_code == 410
    ran(job)
    partial = client.get(reverse("reports:export_progress", args=[job.pk]))
    assert (partial.headers["HX-Refresh"], "hx-get" in partial.content.decode()) == ("true", False)
    page = client.get(answer.url).content.decode()
    assert ("Download" in page, "af" in page, str(ExportJob.objects.get().sha256) in page) == (True, True, True)
    file = client.get(reverse("reports:export_file", args=[job.pk]))
    assert file.headers["Content-Disposition"] == f'attachment; filename="{ExportJob.objects.get().file_name}"'
    assert file.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert len(b"".join(file.streaming_content)) == ExportJob.objects.get().size


@pytest.mark.django_db
def test_catalogue_when_a_day_is_chosen_then_the_export_is_of_that_day(client, broker):
    client.force_login(with_role(Role.AUDITOR))
    client.post(reverse("reports:export_list", args=["trial_balance"]), {"as_of": "2026-03-01", "format": "xlsx"})
    job = ExportJob.objects.get()
    assert (job.query, job.format, job.spec) == ("as_of=2026-03-01", "xlsx", "trial_balance")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("key", "form", "status"),
    [
        ("ledger_entries", {"format": "csv", "query": "colour=red"}, 400),
        ("ledger_entries", {"format": "pdf"}, 422),
        ("ledger_entries", {"format": "csv", "as_of": "2999-01-01"}, 422),
        ("no_such_list", {"format": "csv"}, 404),
    ],
)
def test_export_list_when_it_can_not_be_made_then_it_says_so_and_makes_nothing(client, key, form, status):
    client.force_login(with_role(Role.AUDITOR))
    assert client.post(reverse("reports:export_list", args=[key]), form).status_code == status
    assert ExportJob.objects.exists() is False


@pytest.mark.django_db
def test_catalogue_when_somebody_without_a_part_in_the_money_looks_then_its_lists_are_not_offered(client):
    client.force_login(make_user(NOBODY))
    keys = {spec["key"] for spec in client.get("/api/v1/exports/catalogue/").json()}
    assert keys & {"ledger_entries", "ledger_lines", "trial_balance", "funds"} == set()
    client.force_login(with_role(Role.AUDITOR))
    keys = [spec["key"] for spec in client.get("/api/v1/exports/catalogue/").json()]
    assert keys[:3] == ["ledger_entries", "ledger_lines", "trial_balance"]
    assert client.post(reverse("reports:export_list", args=["funds"]), {"format": "csv"}).status_code == 302


@pytest.mark.django_db
def test_exports_page_when_there_are_more_rows_then_no_more_queries(client, django_assert_num_queries):
    user = with_role(Role.AUDITOR)
    client.force_login(user)
    for lists in (["ledger_lines"], ["funds", "ledger_entries"]):
        for key in lists:
            asked(user, key)
        with django_assert_num_queries(10):
            assert client.get(reverse("reports:exports")).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_retry_when_an_export_failed_then_the_page_offers_it_and_it_is_made(client, broker):
    user = with_role(Role.AUDITOR)
    job = asked(user)
    grant = user.role_grants.get()
    user.role_grants.update(ends_at=server_now())
    ran(job)
    user.role_grants.update(ends_at=None)
    client.force_login(user)
    page = client.get(reverse("reports:export_job", args=[job.pk])).content.decode()
    assert ("The ledger is open to finance" in page, "Try again" in page, grant.role) == (True, True, "auditor")
    client.post(reverse("reports:export_retry", args=[job.pk]))
    assert ran(job).status == "done"


@pytest.mark.django_db(transaction=True)
def test_road_when_a_program_exports_then_it_asks_looks_and_takes_the_file(client, broker):
    make_fund()
    client.force_login(with_role(Role.AUDITOR))
    sent = {"list": "ledger_lines", "query": "?fund=af", "format": "csv"}
    answer = client.post("/api/v1/exports/", sent, content_type="application/json")
    job = ExportJob.objects.get()
    assert (answer.status_code, answer.json()["status"], answer.json()["file"]) == (202, "waiting", None)
    ran(job)
    state = client.get(f"/api/v1/exports/{job.pk}/").json()
    assert (state["status"], state["percent"], state["rows"]) == ("done", 100, 4)
    file = client.get(state["file"])
    assert (file.status_code, b"".join(file.streaming_content)[:3]) == (200, b"\xef\xbb\xbf")
    assert client.post(f"/api/v1/exports/{job.pk}/cancel/").json()["error"]["code"] == "wrong_state"
    job.refresh_from_db()
    ExportJob.objects.update(expires_at=job.created_at - dt.timedelta(days=1))
    assert client.get(state["file"]).json()["error"]["code"] == "file_gone"
