"""From the start page to the receipt through pages alone, and the same through the API."""

import datetime as dt
import hashlib

import pytest
from django.test import Client
from django.urls import reverse

from core.clock import server_now
from grants.models import Call, Proposal, Submission
from tests.grants.stories import (
    complete,
    make_call,
    make_handed_in,
    make_researcher,
    make_signer,
    make_submitted,
    make_user,
)

pytestmark = pytest.mark.django_db
CHECKLIST = {"staff": "on", "costs": "on", "open": "on", "terms": "on"}


@pytest.fixture
def call() -> Call:
    """Open by the server's own clock, which pages read."""
    now = server_now()
    day = dt.timedelta(days=1)
    return make_call(opens_at=now - day, closes_at=now + day, sign_off_until=now + 2 * day)


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_through_pages_from_the_start_to_the_receipt(call):
    pi = make_researcher()
    ada, olga = signed_in(pi), signed_in(make_signer())
    start = reverse("grants:proposal_start", args=[call.code])
    assert ada.get(start).status_code == 200
    assert ada.post(start, {"title": ""}).status_code == 422
    begun = ada.post(start, {"title": "Open maps", "university": str(pi.affiliations.get().university_id)})
    assert begun["Location"] == f"/proposals/{call.code}-0001/edit/"
    proposal = complete(Proposal.objects.get())

    hand_in = reverse("grants:proposal_hand_in", args=[proposal.number])
    page = ada.get(hand_in).content.decode()
    assert f'name="version" value="{proposal.version}"' in page
    assert ada.post(hand_in, {"version": proposal.version - 1}).status_code == 409
    for _click in range(2):
        assert ada.post(hand_in, {"version": proposal.version})["Location"] == proposal.get_absolute_url()

    assert "Open maps" in olga.get(reverse("grants:signoffs")).content.decode()
    sign = reverse("grants:signoff", args=[proposal.number])
    assert olga.get(sign).status_code == 200
    assert olga.post(sign, {**CHECKLIST, "terms": "", "version": proposal.version}).status_code == 422
    where = {olga.post(sign, {**CHECKLIST, "version": proposal.version})["Location"] for _click in range(2)}
    assert where == {f"/receipts/R-{proposal.number}-1/"}
    receipt = ada.get(where.pop()).content.decode()
    given = Submission.objects.get()
    content = ada.get(reverse("grants:receipt_content", args=[given.receipt])).content
    assert hashlib.sha256(content).hexdigest() == given.sha256
    assert (given.sha256 in receipt, given.at.isoformat() in receipt) == (True, True)


def test_return_by_the_office_with_a_reason_and_taken_up_again(call):
    proposal = make_handed_in(call)
    olga = signed_in(make_signer("Olaf Officer", may_sign=False))
    sign = reverse("grants:signoff", args=[proposal.number])
    assert olga.get(sign).status_code == 200
    assert olga.post(sign, {**CHECKLIST, "version": proposal.version}).status_code == 403
    back = reverse("grants:signoff_return", args=[proposal.number])
    assert olga.post(back, {"reason": " "}).status_code == 422
    assert olga.post(back, {"reason": "Mend the rate"})["Location"] == reverse("grants:signoffs")
    page = signed_in(proposal.pi).get(proposal.get_absolute_url()).content.decode()
    assert ("Returned for correction" in page, "Mend the rate" in page) == (True, True)


def test_take_back_and_withdraw_by_the_pi_alone(call):
    proposal = make_submitted(call)
    ada, olga = signed_in(proposal.pi), signed_in(make_signer())
    back, withdraw = (reverse(f"grants:proposal_{act}", args=[proposal.number]) for act in ("take_back", "withdraw"))
    assert [olga.post(url, {"reason": "x"}).status_code for url in (back, withdraw)] == [403, 403]
    assert ada.post(withdraw, {"reason": ""}).status_code == 422
    assert ada.post(withdraw, {"reason": "We moved"})["Location"] == proposal.get_absolute_url()
    assert ada.post(back).status_code == 302
    assert Proposal.objects.get().status == "draft"


def test_start_in_a_call_that_is_not_open_or_by_staff_says_why():
    closed = make_call("OLD-1")
    ada, otto = signed_in(make_researcher()), signed_in(make_user("Otto", "programme_officer"))
    url = reverse("grants:proposal_start", args=[closed.code])
    assert (ada.get(url).status_code, otto.get(url).status_code) == (403, 403)
    assert "has closed" in ada.get(url).content.decode()


def test_the_whole_road_by_the_api(call):
    pi = make_researcher()
    ada, olga = signed_in(pi), signed_in(make_signer())
    base = "/api/v1/proposals/"
    made = ada.post(base, {"call": call.code, "title": "Open maps"}, "application/json")
    assert (made.status_code, made.json()["status"]) == (201, "draft")
    url = f"{base}{made.json()['number']}/"
    details = {"version": 1, "abstract": "We map.", "starts_on": "2027-01-01", "months": 12}
    assert ada.patch(url, details, "application/json").json()["months"] == 12
    for key in ("idea", "method", "outputs"):
        answer = ada.put(f"{url}answers/{key}/", {"value": "Words", "version": 0}, "application/json")
        assert answer.json()["version"] == 1
    stale = ada.put(f"{url}answers/idea/", {"value": "Other", "version": 0}, "application/json")
    assert (stale.status_code, stale.json()["error"]["theirs"]) == (409, "Words")
    line = {"period": 1, "category": "travel", "description": "Conference", "quantity": "2", "unit_cost": "100.10"}
    version = ada.get(url).json()["version"]
    money = ada.put(f"{url}budget/", {"version": version, "lines": [line]}, "application/json").json()
    assert (money["total"], money["periods"][0]["indirect"]) == ("250.2500", "50.0500")
    assert ada.get(f"{url}findings/").json() == []
    version = ada.get(url).json()["version"]
    assert ada.post(f"{url}hand_in/", {"version": version}, "application/json").json()["status"] == "awaiting_sign_off"
    frozen = {
        ada.patch(url, {"version": 99, "title": "Later"}, "application/json").status_code,
        ada.put(f"{url}answers/idea/", {"value": "Later", "version": 1}, "application/json").status_code,
        ada.put(f"{url}budget/", {"version": 99, "lines": []}, "application/json").status_code,
    }
    assert frozen == {409}
    assert ada.post(f"{url}sign_off/", {"version": version}, "application/json").status_code == 403
    given = olga.post(f"{url}sign_off/", {"version": version}, "application/json").json()
    assert given["receipt"] == f"R-{made.json()['number']}-1"
    assert ada.get(f"{url}receipts/").json()[0]["sha256"] == given["sha256"]
    stranger = signed_in(make_researcher("Cleo Other"))
    assert [stranger.get(f"{url}{part}").status_code for part in ("", "answers/", "budget/", "team/", "files/")] == [
        404
    ] * 5


def test_api_answers_a_stale_write_of_details_with_both_texts(call):
    ada = signed_in(make_researcher())
    made = ada.post("/api/v1/proposals/", {"call": call.code, "title": "Open maps"}, "application/json").json()
    url, json = f"/api/v1/proposals/{made['number']}/", "application/json"
    ada.patch(url, {"version": 1, "title": "Theirs"}, json)
    stale = ada.patch(url, {"version": 1, "title": "Mine"}, json)
    error = stale.json()["error"]
    assert (stale.status_code, error["code"], error["fields"]) == (409, "stale_write", {})
    assert error["texts"] == {"title": {"mine": "Mine", "theirs": "Theirs"}}
    officer = signed_in(make_user("Otto Officer", "programme_officer"))
    late = officer.patch(f"/api/v1/calls/{call.code}/", {"version": 99, "title": "Mine"}, json)
    assert (late.status_code, late.json()["error"]["texts"]["title"]["mine"]) == (409, "Mine")


def test_api_starts_a_proposal_under_the_stage_that_is_open(call):
    first = call.stages.get()
    closed = {"opens_at": first.opens_at - dt.timedelta(days=9), "closes_at": first.opens_at}
    call.stages.create(number=2, opens_at=first.opens_at, closes_at=first.closes_at, form=first.form)
    call.stages.filter(number=1).update(**closed)
    ada = signed_in(make_researcher())
    made = ada.post("/api/v1/proposals/", {"call": call.code, "title": "Open maps"}, "application/json")
    assert (made.status_code, Proposal.objects.get().stage.number) == (201, 2)


def test_api_refuses_fields_that_are_not_the_callers_to_write(call):
    proposal = make_handed_in(call)
    ada = signed_in(proposal.pi)
    ada.patch(
        f"/api/v1/proposals/{proposal.number}/",
        {"version": 99, "status": "awarded", "requested": "1", "number": "X"},
        "application/json",
    )
    fresh = Proposal.objects.get()
    assert (fresh.status, fresh.number, fresh.requested) == ("awaiting_sign_off", proposal.number, proposal.requested)
