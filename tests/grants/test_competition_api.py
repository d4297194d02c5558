"""Internal competitions and the start of full proposals for programs: as the pages do."""

import pytest
from django.test import Client

from grants.models import Proposal
from tests.grants.stories import NOON, make_researcher, make_university, make_user
from tests.grants.stories_competition import make_entry, make_limited_call, make_picked, office_of
from tests.grants.stories_two_stage import FULL_NOON, make_expression_in, make_invited, make_two_stage_call

pytestmark = pytest.mark.django_db
URL = "/api/v1/internal-entries/"


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setattr("grants.api_competition.server_now", lambda: NOON)
    monkeypatch.setattr("grants.api_proposals.server_now", lambda: FULL_NOON)


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


def post(client, url, data, method="post"):
    return getattr(client, method)(url, data, content_type="application/json")


def test_idea_from_putting_it_forward_to_a_place():
    make_limited_call(1)
    ada, olga = client_of(make_researcher()), client_of(office_of())
    sent = {"call": "SMALL-26", "university": str(make_university().pk), "title": "Soil", "summary": "Maps."}
    made = post(ada, URL, sent)
    assert (made.status_code, made.json()["status"]) == (201, "entered")
    one = f"{URL}{made.json()['id']}/"
    changed = post(ada, one, {"title": "Soil maps", "summary": "Maps.", "version": 1}, "put")
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert post(ada, one, {"title": "Old", "summary": "Maps.", "version": 1}, "put").status_code == 409
    assert post(ada, f"{one}pick/", {}).status_code == 403
    assert post(olga, f"{one}pick/", {"note": "Good."}).json()["slot"] == 1
    assert post(olga, f"{one}take-back/", {"note": "Sorry."}).json()["status"] == "entered"
    assert post(olga, f"{one}not-pick/", {"note": "Next time."}).json()["status"] == "not_picked"
    assert post(olga, f"{one}withdraw/", {}).status_code == 403


def test_places_taken_is_said_by_its_code():
    call = make_limited_call(1)
    make_picked(call)
    two = make_entry(call, "Bo Second")
    refused = post(client_of(office_of()), f"{URL}{two.pk}/pick/", {})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "places_taken")


def test_ideas_are_listed_to_whom_they_are_shown():
    call, south = make_limited_call(2), make_university("Southmoor")
    entry = make_entry(call)
    make_picked(call, "Bo Second")
    petra = make_user("Petra Officer", "programme_officer")

    def titles(user):
        return sorted(row["title"] for row in client_of(user).get(f"{URL}?call=SMALL-26").json()["results"])

    assert titles(entry.person) == ["The idea of Ada Example"]
    assert titles(office_of()) == ["The idea of Ada Example", "The idea of Bo Second"]
    assert titles(petra) == ["The idea of Bo Second"]
    assert titles(office_of(south)) == []
    assert client_of(office_of(south)).get(f"{URL}{entry.pk}/").status_code == 404
    (row,) = client_of(petra).get(f"{URL}numbers/?call=SMALL-26").json()
    assert (row["entered"], row["picked"], row["places"]) == (2, 1, 2)
    assert client_of(entry.person).get(f"{URL}numbers/").status_code == 403


def test_limit_of_a_call_is_set_by_its_officers():
    make_limited_call(1)
    petra = client_of(make_user("Petra Officer", "programme_officer"))
    url = f"{URL}of/SMALL-26/"
    until = "2026-03-25T16:00:00Z"
    assert post(petra, url, {"limit": 3, "until": until}, "put").json() == {"limit": 3, "until": until}
    assert post(petra, url, {"limit": 2, "until": until}, "put").status_code == 422
    assert post(client_of(make_researcher()), url, {"limit": 4, "until": None}, "put").status_code == 403


def test_full_proposal_starts_from_its_expression_of_interest():
    call = make_two_stage_call()
    first, waiting = make_invited(call), make_expression_in(call, pi=make_researcher("Bo Second"))
    ada = client_of(first.pi)
    sent = {"call": call.code, "follows": first.number}
    made = post(ada, "/api/v1/proposals/", sent)
    assert (made.status_code, made.json()["kind"], made.json()["follows"]) == (201, "full", first.number)
    assert post(ada, "/api/v1/proposals/", sent).json()["number"] == made.json()["number"]
    bo = client_of(waiting.pi)
    assert post(bo, "/api/v1/proposals/", sent).status_code == 422
    assert post(bo, "/api/v1/proposals/", {**sent, "follows": waiting.number}).status_code == 403
    assert post(bo, "/api/v1/proposals/", {"call": call.code, "title": "A"}).status_code == 403
    assert Proposal.objects.full().count() == 1
