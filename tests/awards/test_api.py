"""Awards for programs: the same rules as the pages, each write once, nothing half done."""

import datetime as dt
from uuid import uuid4

import pytest
from django.utils import timezone

from awards.models import Award, Disbursement, PaymentBatch, Slate
from awards.services import batches, payments
from funds.queries import faults
from grants.models import Call
from tests.awards.stories import (
    ACCEPTED,
    approver,
    fill,
    first_part,
    make_offered,
    make_recommended,
    make_running,
    make_slate,
    officer,
    signer,
)
from tests.grants.stories import make_user
from tests.personas import PEOPLE, make_people
from tests.reviews.stories import make_officer

pytestmark = pytest.mark.django_db


def send(client, user, path, data=None):
    client.force_login(user)
    answer = client.post(f"/api/v1/{path}", data or {}, content_type="application/json")
    return answer.status_code, answer.json() if answer.content else {}


def code_of(answer):
    return answer[0], answer[1]["error"]["code"]


# --- reads ------------------------------------------------------------------------------------------------------------
def test_lists_and_things_are_read_by_those_whom_the_pages_show_them_to(client):
    recused = make_user("Bea Board")
    award, second = make_running("Ada Example", "Sam Second", recused=recused)
    payment = payments.request(first_part(award), key="k1", actor=signer(), at=ACCEPTED)
    other = payments.request(first_part(second), key="k2", actor=signer(), at=ACCEPTED)
    other = payments.approve(other, actor=officer(), at=ACCEPTED)
    batch = batches.make_batch(award.fund, [other], actor=officer(), at=ACCEPTED)
    things = {
        "slates": Slate.objects.get().number,
        "awards": award.number,
        "payments": payment.number,
        "batches": batch.number,
        "award-reports": award.reports.first().pk,
    }
    seen, people = {}, make_people(award.proposal)
    for name in PEOPLE[1:]:
        client.force_login(people[name])
        counts = [len(client.get(f"/api/v1/{noun}/").json()["results"]) for noun in things]
        opened = [client.get(f"/api/v1/{noun}/{key}/").status_code for noun, key in things.items()]
        assert (name, [count > 0 for count in counts]) == (name, [status == 200 for status in opened])
        missing = [client.get(f"/api/v1/{noun}/{uuid4()}/").status_code for noun in things]
        assert missing == [404] * len(things)
        seen[name] = counts
    assert seen == {
        **{name: [0] * 5 for name in ("other_applicant", "other_office", "reviewer", "other_reviewer")},
        "applicant": [0, 1, 1, 0, 2],
        "office": [0, 2, 2, 0, 4],
        **{name: [1, 2, 2, 0, 4] for name in ("officer", "sealed", "administrator")},
        **{name: [1, 2, 2, 1, 4] for name in ("finance", "approver", "auditor")},
        "board": [1, 0, 0, 0, 0],
        "recused": [0, 0, 0, 0, 0],
    }
    client.logout()
    assert [client.get(f"/api/v1/{noun}/").status_code for noun in things] == [401] * 5


@pytest.mark.parametrize("number", [1, 4])
def test_lists_when_drawn_then_their_queries_do_not_grow(client, django_assert_num_queries, number):
    for n, award in enumerate(make_running(*[f"Pi{n} Example" for n in range(number)])):
        payment = payments.request(first_part(award), key=f"k{n}", actor=signer(), at=ACCEPTED)
        payment = payments.approve(payment, actor=officer(), at=ACCEPTED)
        batches.make_batch(award.fund, [payment], actor=officer(), at=ACCEPTED)
        make_slate(award.proposal)
    client.force_login(officer())
    for noun, queries in {"slates": 4, "awards": 6, "payments": 4, "batches": 5, "award-reports": 4}.items():
        client.get(f"/api/v1/{noun}/")
        with django_assert_num_queries(queries):
            assert client.get(f"/api/v1/{noun}/").status_code == 200


# --- slates and the university's answer ---------------------------------------------------------------------------------
def test_a_slate_by_programs_from_the_ranking_to_the_board(client):
    proposal, otto = make_recommended(), make_officer()
    new = {"call": "AI-26", "title": "Awards"}
    assert code_of(send(client, otto, "slates/", new)) == (403, "not_allowed")  # the call is open
    Call.objects.update(status="in_review")
    assert send(client, otto, "slates/", {**new, "title": " "})[0] == 400
    assert send(client, officer(), "slates/", new)[0] == 403
    status, made = send(client, otto, "slates/", new)
    assert (status, [line["proposal"] for line in made["lines"]]) == (201, [proposal.number])
    path = f"slates/{made['number']}/"
    line = {"proposal": proposal.number, "decision": "fund", "years": {"2": "1000.00"}, "version": 1}
    assert send(client, otto, f"{path}line/", line)[1]["lines"][0]["years"] == {"2": "1000.0000"}
    assert code_of(send(client, otto, f"{path}line/", line)) == (409, "stale_write")
    assert send(client, otto, f"{path}line/", {**line, "proposal": "AI-26-9999"})[0] == 404
    short = send(client, otto, f"{path}propose/")
    assert (code_of(short), "has 0.00 USD free" in short[1]["error"]["message"]) == ((422, "invalid"), True)
    fill(proposal.call.programme.fund)
    answers = [send(client, otto, f"{path}propose/") for _ in range(2)]
    assert [status for status, _answer in answers] == [200, 403]
    assert code_of(send(client, otto, f"{path}withdraw/")) == (422, "invalid")
    assert send(client, otto, f"{path}withdraw/", {"reason": "Not yet."})[1]["status"] == "withdrawn"


@pytest.mark.parametrize(
    "years", [{"2": "NaN"}, {"2": "1e9999"}, {"2": "1.000,00"}, {"2": "-5"}, {"2": "0.001"}, {"9": "5"}, {"x": "5"}, {}]
)
def test_line_with_money_that_can_not_be_then_refused_and_nothing_kept(client, years):
    proposal = make_recommended()
    slate = make_slate(proposal)
    body = {"proposal": proposal.number, "decision": "fund", "years": years, "version": 1}
    status, answer = send(client, make_officer(), f"slates/{slate.number}/line/", body)
    assert (status in {400, 422}, bool(answer["error"]["fields"]), slate.lines.get().version) == (True, True, 1)


def test_offer_answered_by_programs_by_the_one_who_may(client):
    award = make_offered()
    Award.objects.update(accept_by=timezone.now() + dt.timedelta(days=3))
    path, good = f"awards/{award.number}/accept/", {"typed_name": signer().name, "terms_sha256": award.terms_sha256}
    people = make_people(award.proposal)
    statuses = {
        name: send(client, people[name], path, good)[0] for name in ("applicant", "officer", "board", "other_office")
    }
    assert statuses == {"applicant": 403, "officer": 403, "board": 404, "other_office": 404}
    assert code_of(send(client, signer(), path, {**good, "terms_sha256": "0" * 64})) == (409, "terms_changed")
    assert send(client, signer(), path, {**good, "typed_name": "X"})[1]["error"]["fields"]["typed_name"]
    assert [send(client, signer(), path, good)[0] for _ in range(2)] == [200, 403]
    assert code_of(send(client, signer(), f"awards/{award.number}/decline/", {"reason": "No."})) == (403, "not_allowed")
    assert code_of(send(client, make_officer(), f"awards/{award.number}/close/")) in {
        (403, "not_allowed"),
        (409, "wrong_state"),
    }


# --- payments ---------------------------------------------------------------------------------------------------------
def test_a_payment_by_programs_each_step_by_another_person_and_once(client):
    award = make_running()[0]
    body = {"instalment": str(first_part(award).pk), "key": "k1", "note": "Please."}
    assert send(client, award.pi, "payments/", body)[0] == 403
    assert send(client, make_people(award.proposal)["other_office"], "payments/", body)[0] == 404
    first, again = (send(client, signer(), "payments/", body) for _ in range(2))
    assert (first[0], first[1]["number"], Disbursement.objects.count()) == (201, again[1]["number"], 1)
    assert code_of(send(client, signer(), "payments/", {**body, "note": "Other."})) == (422, "key_reused")
    assert code_of(send(client, signer(), "payments/", {**body, "key": "k2"})) == (409, "wrong_state")
    path, today = f"payments/{first[1]['number']}/", timezone.now().date()
    assert send(client, signer(), f"{path}approve/")[0] == 403
    assert [send(client, officer(), f"{path}approve/")[0] for _ in range(2)] == [200, 403]
    assert send(client, officer(), f"{path}release/")[0] == 403
    assert [send(client, approver(), f"{path}release/")[0] for _ in range(2)] == [200, 403]
    assert [code_of(send(client, officer(), f"{path}settle/", {"on": str(today)}))] == [(409, "wrong_state")]
    assert send(client, officer(), f"{path}sent/")[1]["status"] == "sent"
    for day, status in ((today + dt.timedelta(days=2), 422), ("rubbish", 400), ("1900-01-01", 422)):
        assert send(client, officer(), f"{path}settle/", {"on": str(day)})[0] == status
    assert (
        send(client, officer(), f"{path}settle/", {"on": str(today), "bank_reference": "B1"})[1]["status"] == "settled"
    )
    assert send(client, officer(), f"{path}return/", {"reason": ""})[1]["error"]["fields"]["reason"]
    assert send(client, officer(), f"{path}return/", {"reason": "Closed account."})[1]["status"] == "returned"
    assert faults(award.fund) == []


def test_maker_is_never_checker_by_programs(client):
    award = make_running()[0]
    body = {"instalment": str(first_part(award).pk), "key": "k1"}
    path = f"payments/{send(client, signer(), 'payments/', body)[1]['number']}/"
    both = make_user(signer().name, "finance_officer", "finance_approver")
    double = make_user("Dora Double", "finance_officer", "finance_approver")
    assert code_of(send(client, both, f"{path}approve/")) == (403, "not_allowed")
    assert send(client, double, f"{path}approve/")[0] == 200
    assert code_of(send(client, double, f"{path}release/")) == (403, "not_allowed")
    assert send(client, approver(), f"{path}reject/", {"reason": "No."})[0] == 403  # past its approval


def test_batches_by_programs_with_what_is_not_there_then_none(client):
    award = make_running()[0]
    payment = payments.request(first_part(award), key="k1", actor=signer(), at=ACCEPTED)
    for numbers, status in (
        ([], 400),
        (["PAY-0000-0000"], 422),
        ([payment.number, "PAY-0000-0000"], 422),
        ([payment.number], 422),
    ):
        assert (numbers, send(client, officer(), "batches/", {"payments": numbers})[0]) == (numbers, status)
    assert PaymentBatch.objects.count() == 0
    payments.approve(payment, actor=officer(), at=ACCEPTED)
    assert send(client, make_officer(), "batches/", {"payments": [payment.number]})[0] == 403
    status, made = send(client, officer(), "batches/", {"payments": [payment.number, payment.number]})
    assert (status, made["payments"]) == (201, [payment.number])
    path = f"batches/{made['number']}/"
    assert send(client, officer(), f"{path}release/")[0] == 403
    assert send(client, approver(), f"{path}release/")[1]["status"] == "released"
    assert send(client, officer(), f"{path}send/")[1]["status"] == "sent"
    today = timezone.now().date()
    assert send(client, officer(), f"{path}settle/", {"on": str(today + dt.timedelta(days=2))})[0] == 422
    assert send(client, officer(), f"{path}settle/", {"on": str(today)})[1]["status"] == "settled"
    assert Disbursement.objects.get().status == "settled"


# --- reports ----------------------------------------------------------------------------------------------------------
def test_reports_by_programs_written_by_the_project_and_decided_by_the_fund(client):
    award = make_running()[0]
    report = award.reports.first()
    path, people = f"award-reports/{report.pk}/", make_people(award.proposal)
    good = {"version": 1, "text": "Done.", "spent": "10.50"}
    statuses = {
        name: send(client, people[name], f"{path}submit/", good)[0] for name in ("officer", "board", "other_office")
    }
    assert statuses == {"officer": 403, "board": 404, "other_office": 404}
    for bad in (
        {"text": ""},
        {"spent": None},
        {"spent": "NaN"},
        {"spent": "-5"},
        {"spent": "0.001"},
        {"spent": "1e9999"},
    ):
        status, answer = send(client, award.pi, f"{path}submit/", {**good, **bad})
        assert (bad, status in {400, 422}, list(answer["error"]["fields"])) == (bad, True, list(bad))
    assert send(client, award.pi, f"{path}save/", {**good, "text": "Half."})[1]["version"] == 2
    stale = send(client, signer(), f"{path}save/", good)
    assert (code_of(stale), stale[1]["error"]["theirs"]) == ((409, "stale_write"), "Half.")
    assert [send(client, award.pi, f"{path}submit/", {**good, "version": 2})[0] for _ in range(2)] == [200, 403]
    assert send(client, award.pi, f"{path}accept/")[0] == 403
    assert send(client, people["officer"], f"{path}return/", {"reason": " "})[0] == 422
    assert send(client, people["officer"], f"{path}return/", {"reason": "Say more."})[1]["status"] == "returned"
    assert code_of(send(client, people["officer"], f"{path}accept/")) == (403, "not_allowed")
