"""The money for programs: the same figures, the same refusals."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.models import Role
from funds import services
from funds.models import Entry, Fund
from tests.funds.stories import NOON, make_fund, make_user, year_of
from tests.funds.test_rules import with_role
from tests.funds.test_views import story

pytestmark = pytest.mark.django_db


def get(client, path, **query):
    answer = client.get(f"/api/v1/{path}", query)
    return answer.status_code, answer.json()


def test_positions_when_asked_as_of_a_day_then_the_figures_of_that_day(client):
    story()
    client.force_login(with_role(Role.PROGRAMME_OFFICER))
    now, then = get(client, "funds/af/positions/")[1], get(client, "funds/af/positions/", as_of="2026-03-01")[1]
    assert [(p[0]["committed"], p[0]["free"]) for p in (now, then)] == [
        ("140.0000", "460.0000"),
        ("100.0000", "500.0000"),
    ]
    assert get(client, "funds/af/cash/")[1]["bank"] == "600.0000"
    assert get(client, "funds/af/positions/", as_of="soon")[1]["error"]["fields"] == {
        "as_of": ["Write the day like 2026-03-31."]
    }


def test_entries_and_lines_when_asked_then_they_are_filtered_and_closed_to_others(client):
    story()
    client.force_login(with_role(Role.AUDITOR))
    status, found = get(client, "ledger/entries/", award="AW-1", as_of="2026-03-01")
    assert (status, [entry["text"] for entry in found["results"]]) == (200, ["First"])
    assert [(line["account"], line["side"]) for line in found["results"][0]["lines"]] == [("A300", "D"), ("A400", "C")]
    assert len(get(client, "ledger/lines/", account="A400")[1]["results"]) == 2
    client.force_login(with_role(Role.PROGRAMME_OFFICER, "Pia Office"))
    assert [get(client, f"ledger/{name}/")[1]["results"] for name in ("entries", "lines")] == [[], []]
    assert get(client, f"ledger/entries/{found['results'][0]['id']}/")[0] == 404


def test_entries_when_there_are_more_then_no_more_queries(client, django_assert_num_queries):
    make_fund(code="one")
    client.force_login(with_role(Role.AUDITOR))
    for more in (False, True):
        if more:
            story()
        with django_assert_num_queries(8 if more else 7):  # awards and pledges are read once there are any
            client.get("/api/v1/ledger/entries/")


def test_reverse_when_asked_by_program_then_the_rules_are_the_same(client):
    ada = with_role(Role.FINANCE_OFFICER, "Ada Example")
    entry = services.appropriate(year_of(make_fund()), Decimal(10), text="x", actor=ada, at=NOON)
    path = f"/api/v1/ledger/entries/{entry.pk}/reverse/"
    client.force_login(ada)
    assert client.post(path, {"reason": "No"}, content_type="application/json").status_code == 403
    client.force_login(with_role(Role.FINANCE_APPROVER))
    answer = client.post(path, {"reason": "Wrong year"}, content_type="application/json")
    assert (answer.status_code, answer.json()["reverses"]) == (201, str(entry.pk))
    assert client.post(path, {"reason": "Again"}, content_type="application/json").status_code == 403
    assert Entry.objects.filter(reverses=entry).count() == 1


def test_create_when_sent_by_program_then_the_fund_is_set_up_or_the_field_named(client):
    years = [{"starts_on": "2026-01-01", "ends_before": "2027-01-01", "ceiling": "100.00"}]
    sent = {"code": "api", "name": "By program", "currency": "USD", "years": years}
    client.force_login(make_user())
    assert client.post("/api/v1/funds/", sent, content_type="application/json").status_code == 403
    client.force_login(with_role(Role.ADMINISTRATOR))
    answer = client.post("/api/v1/funds/", sent, content_type="application/json")
    assert (answer.status_code, answer.json()["total"], Fund.objects.get().created_at.date()) == (
        201,
        "100.0000",
        dt.datetime.now(dt.UTC).date(),
    )
    again = client.post("/api/v1/funds/", sent, content_type="application/json")
    assert (again.status_code, list(again.json()["error"]["fields"])) == (422, ["code"])
