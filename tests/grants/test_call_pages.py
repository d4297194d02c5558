"""Pages of calls: who sees what, setting one up without code, triage by hand, and a constant number of queries."""

import datetime as dt
import re
import uuid
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from core.clock import server_now
from grants import checks
from grants.models import Call, EligibilityRule, Programme, Stage
from grants.services import calls, forms
from notifications.models import Deadline
from tests.grants.stories import (
    make_call,
    make_draft,
    make_fund_once,
    make_user,
    stage_of,
)

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def officer() -> User:
    return make_user("Oda Officer", "programme_officer")


@pytest.fixture
def desk(officer: User) -> Client:
    client = Client()
    client.force_login(officer)
    return client


@pytest.fixture(autouse=True)
def only_our_own_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What higher apps need for a call (a rubric) is tested with them."""
    monkeypatch.setattr(checks, "_more", [])


def open_call(code: str = "AI-26", **fields: Any) -> Call:
    at = server_now()
    return make_call(code, opens_at=at - DAY, closes_at=at + 20 * DAY, sign_off_until=None, **fields)


def draft_of(officer: User, code: str = "NEW-27") -> Call:
    programme, _ = Programme.objects.get_or_create(code="main", defaults={"name": "Open AI", "fund": make_fund_once()})
    return calls.create_call(programme=programme, code=code, title="New", actor=officer, at=server_now())


def titles(client: Client, path: str) -> list[str]:
    html = client.get(path).content.decode()
    return [words.strip() for words in re.findall(r"<h3[^>]*>\s*<a[^>]*>([^<]*)</a>", html)]


# --- who sees what ----------------------------------------------------------------------------------------------------
def test_calls_list_shows_the_public_what_is_published_soonest_deadline_first(officer: User) -> None:
    at = server_now()
    open_call("B-26", title="Closes later")
    make_call("A-26", opens_at=at - DAY, closes_at=at + DAY, sign_off_until=None, title="Closes soon")
    make_call(
        "C-26", opens_at=at + DAY, closes_at=at + 9 * DAY, sign_off_until=None, status="published", title="Coming"
    )
    draft_of(officer)
    assert titles(Client(), "/calls/") == ["Closes soon", "Closes later", "Coming"]


def test_draft_call_is_not_found_by_the_public_and_found_by_staff(officer: User, desk: Client) -> None:
    path = draft_of(officer).get_absolute_url()
    assert [Client().get(path).status_code, desk.get(path).status_code] == [404, 200]


def test_call_page_offers_writing_while_it_is_open_and_not_after() -> None:
    call = open_call()
    assert b"/proposals/start/AI-26/" in Client().get(call.get_absolute_url()).content
    Stage.objects.filter(call=call).update(closes_at=server_now())
    assert b"/proposals/start/AI-26/" not in Client().get(call.get_absolute_url()).content


def test_description_of_a_call_can_not_run_anything() -> None:
    call = open_call(description="<script>alert(1)</script> [x](javascript:alert(1)) **bold**")
    html = Client().get(call.get_absolute_url()).content.decode()
    prose = re.search(r'<div class="prose">(.*?)</div>', html, re.DOTALL)
    assert prose is not None
    assert prose[1] == "<p>&lt;script&gt;alert(1)&lt;/script&gt; [x](javascript:alert(1)) <strong>bold</strong></p>\n"


@pytest.mark.parametrize("role", ["auditor", "finance_officer", ""])
def test_acts_of_officers_are_refused_to_everybody_else(role: str, officer: User) -> None:
    call, client = open_call(), Client()
    client.force_login(make_user("Somebody Else", *filter(None, [role])))
    answers = [
        client.get("/calls/new/"),
        client.get("/calls/import/"),
        client.get(f"/calls/{call.code}/edit/"),
        client.get(f"/calls/{call.code}/publish/"),
        client.post(f"/calls/{call.code}/extend/"),
        client.post(f"/calls/{call.code}/cancel/", {"reason": "No."}),
        client.post("/intake/eligible/", {"pk": [str(uuid.uuid4())]}),
    ]
    assert [answer.status_code for answer in answers] == [403] * len(answers)


# --- setting up -------------------------------------------------------------------------------------------------------
def test_call_is_set_up_through_its_pages_and_published(officer: User, desk: Client) -> None:
    programme = Programme.objects.create(code="main", name="Open AI", fund=make_fund_once())
    new = desk.post("/calls/new/", {"title": "Soil", "code": "SOIL-30", "programme": str(programme.pk), "source": ""})
    edit, version = "/calls/SOIL-30/edit/", Call.objects.get().version
    assert new["Location"] == edit
    basics = {"version": version, "title": "Soil", "summary": "S", "description": "D", "who_may_apply": "W"}
    more = {"contact_email": "a@b.example", "blinding": "double", "reviews_per_proposal": "3", "on": "1"}
    assert desk.post(f"{edit}?step=basics", basics | more)["Location"] == f"{edit}?step=dates"
    year = server_now().year + 1
    dates = {"zone": "Europe/Paris", "opens_at": f"{year}-03-01T09:00", "closes_at": f"{year}-07-01T17:00"}
    assert desk.post(f"{edit}?step=dates", dates)["Location"] == f"{edit}?step=dates"
    assert desk.post(f"{edit}?step=eligibility", {"countries": "France, de", "most_per_pi": "1"}).status_code == 302
    assert desk.post("/calls/SOIL-30/publish/")["Location"] == "/calls/SOIL-30/"
    call, stage = Call.objects.get(), Stage.objects.get()
    assert (call.status, call.blinding, stage.zone) == ("published", "double", "Europe/Paris")
    assert stage.closes_at == dt.datetime(year, 7, 1, 15, tzinfo=dt.UTC)
    rules = dict(EligibilityRule.objects.values_list("kind", "params"))
    assert rules == {"country": {"countries": ["DE", "FR"]}, "most_per_pi": {"most": 1}}


def test_dates_at_an_hour_that_the_clocks_skip_are_refused_beside_the_field(officer: User, desk: Client) -> None:
    call = draft_of(officer)
    sent = {"zone": "Europe/Paris", "opens_at": "2027-03-28T02:30", "closes_at": "2027-07-01T17:00"}
    answer = desk.post(f"/calls/{call.code}/edit/?step=dates", sent)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["opens_at"])
    assert b'value="2027-03-28T02:30"' in answer.content


def test_publish_page_links_every_problem_to_its_place(officer: User, desk: Client) -> None:
    call = draft_of(officer)
    forms.set_form(call, [], actor=officer, at=server_now())
    answer = desk.post(f"/calls/{call.code}/publish/")
    links = re.findall(r'href="(/calls/NEW-27/edit/\?step=[^"]*)"', answer.content.decode())
    wanted = [
        "basics#id_summary",
        "basics#id_description",
        "basics#id_who_may_apply",
        "basics#id_contact_email",
        "form",
    ]
    assert (answer.status_code, links) == (422, [f"/calls/NEW-27/edit/?step={one}" for one in wanted])
    assert Call.objects.get().status == "draft"


def test_extend_page_moves_the_deadline_in_the_zone_of_the_call(officer: User, desk: Client) -> None:
    call = open_call(zone="America/New_York")
    year = server_now().year + 1
    sent = {"closes_at": f"{year}-01-15T17:00", "reason": "Storm."}
    assert desk.post(f"/calls/{call.code}/extend/", sent).status_code == 302
    assert stage_of(call).closes_at == dt.datetime(year, 1, 15, 22, tzinfo=dt.UTC)
    assert Deadline.objects.filter(due_at=stage_of(call).closes_at).count() == 2
    refused = desk.post(f"/calls/{call.code}/extend/", {"closes_at": "2001-01-15T17:00", "reason": "Back."})
    assert (refused.status_code, b"Back." in refused.content) == (422, True)


# --- queries ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("many", [1, 3])
def test_calls_list_of_the_public_takes_four_queries(many: int, django_assert_num_queries: Any) -> None:
    for n in range(many):
        open_call(f"AI-{n}")
    with django_assert_num_queries(4):  # the clock, programmes to filter by, calls, stages
        Client().get("/calls/")


@pytest.mark.parametrize("many", [1, 3])
def test_calls_table_takes_the_same_queries_for_any_number(
    many: int, desk: Client, django_assert_num_queries: Any
) -> None:
    for n in range(many):
        open_call(f"AI-{n}")
    desk.get("/calls/all/")
    with django_assert_num_queries(8):
        desk.get("/calls/all/")


# --- API ----------------------------------------------------------------------------------------------------------------
def test_api_lists_published_calls_to_everybody_and_writes_for_officers(officer: User, desk: Client) -> None:
    call, hidden = open_call(), draft_of(officer)
    assert [one["code"] for one in Client().get("/api/v1/calls/").json()["results"]] == [call.code]
    assert Client().get(f"/api/v1/calls/{hidden.code}/").status_code == 404
    assert Client().post(f"/api/v1/calls/{call.code}/cancel/", {"reason": "x"}).status_code == 401
    refused = desk.post(f"/api/v1/calls/{hidden.code}/publish/")
    codes = [one["code"] for one in refused.json()["error"]["problems"]]
    assert (refused.status_code, codes) == (
        422,
        ["summary_missing", "description_missing", "who_may_apply_missing", "contact_email_missing"],
    )
    fields = {
        "version": hidden.version,
        "summary": "S",
        "description": "D",
        "who_may_apply": "W",
        "contact_email": "a@b.example",
    }
    changed = desk.patch(f"/api/v1/calls/{hidden.code}/", fields, content_type="application/json")
    assert (changed.status_code, changed.json()["summary"]) == (200, "S")
    assert desk.post(f"/api/v1/calls/{hidden.code}/publish/").json()["status"] == "published"
    later = (server_now() + 300 * DAY).isoformat()
    extended = desk.post(
        f"/api/v1/calls/{hidden.code}/extend/",
        {"closes_at": later, "reason": "Storm."},
        content_type="application/json",
    )
    assert (extended.status_code, stage_of(hidden).closes_at.isoformat()) == (200, later)


def test_drafts_are_counted_but_listed_to_nobody_else(desk: Client) -> None:
    call = open_call()
    make_draft(call)
    assert desk.get(call.get_absolute_url()).context["standing"].drafts == 1
