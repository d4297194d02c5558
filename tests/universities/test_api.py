import pytest
from rest_framework.test import APIClient

from tests.universities.makers import enter_account, make_manager, make_office, make_university, make_user

pytestmark = pytest.mark.django_db


def client_of(person):
    client = APIClient()
    client.force_authenticate(person)
    return client


def test_universities_are_found_and_created_by_staff():
    make_university("清华大学", domains=("tsinghua.example",))
    make_university("Other")
    rosa = client_of(make_user("Rosa"))
    found = rosa.get("/api/v1/universities/", {"q": "清华"}).json()["results"]
    assert [(one["name"], one["domains"], one["country"]) for one in found] == [
        ("清华大学", ["tsinghua.example"], "NL")
    ]
    facts = {"name": "New", "country": "NL", "domains": ["new.example"]}
    assert rosa.post("/api/v1/universities/", facts, format="json").status_code == 403
    staff = client_of(make_manager())
    created = staff.post("/api/v1/universities/", facts, format="json")
    assert (created.status_code, created.json()["domains"]) == (201, ["new.example"])
    again = staff.post("/api/v1/universities/", facts, format="json")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "already_listed")


def test_affiliation_is_claimed_and_decided():
    university = make_university()
    office, person = client_of(make_office(university, "Mia")), client_of(make_user("Rosa"))
    claimed = person.post("/api/v1/affiliations/", {"university": str(university.pk), "rank": "postdoc"}, format="json")
    path = f"/api/v1/affiliations/{claimed.json()['id']}/"
    assert person.post(f"{path}confirm/", {}, format="json").status_code == 403
    assert client_of(make_user("Otto")).get(path).status_code == 404
    assert office.post(f"{path}reject/", {}, format="json").status_code == 400
    assert office.post(f"{path}confirm/", {}, format="json").json()["status"] == "confirmed"
    assert office.post(f"{path}confirm/", {}, format="json").json()["error"]["code"] == "wrong_state"
    assert person.post(f"{path}end/", {}, format="json").json()["status"] == "ended"
    assert (
        person.post(
            "/api/v1/affiliations/", {"university": str(university.pk), "rank": "postdoc"}, format="json"
        ).status_code
        == 201
    )


def test_bank_account_is_hidden_from_others_and_confirmed_by_a_second_person():
    university = make_university()
    maker, checker = make_office(university, "Mia"), make_office(university, "Noor")
    account = enter_account(university, maker)
    path = f"/api/v1/bank-accounts/{account.pk}/"
    assert [client_of(p).get(path).status_code for p in (make_manager(), make_user("Rosa"))] == [404, 404]
    refused = client_of(maker).post(f"{path}confirm/")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_allowed")
    assert client_of(checker).post(f"{path}confirm/").json()["status"] == "confirmed"


def test_office_and_rates_are_kept():
    university = make_university()
    make_user("Mia")
    signer = client_of(make_office(university, "Sam", signs=True))
    member = {"university": str(university.pk), "email": "mia@example.org", "role": "officer"}
    added = signer.post("/api/v1/office-members/", member, format="json")
    assert added.status_code == 201
    assert signer.post(f"/api/v1/office-members/{added.json()['id']}/end/").json()["ends_at"] is not None
    rate = {"university": str(university.pk), "base": "salaries", "rate": "0.4", "starts_on": "2026-01-01"}
    answers = [signer.post("/api/v1/indirect-rates/", rate, format="json").status_code for _ in range(2)]
    assert answers == [201, 409]
    listed = client_of(make_user("Rosa")).get("/api/v1/indirect-rates/", {"university": str(university.pk)}).json()
    assert [one["rate"] for one in listed["results"]] == ["0.40000"]


def test_a_key_that_is_none_is_refused_not_an_error():
    rosa = client_of(make_user("Rosa"))
    assert rosa.get("/api/v1/affiliations/", {"university": "x"}).status_code == 400
    assert rosa.get("/api/v1/universities/x/").status_code == 404


def test_the_list_of_universities_is_not_narrowed_by_a_university():
    key = str(make_university().pk)
    answer = client_of(make_user("Rosa")).get("/api/v1/universities/", {"university": key})
    assert (answer.status_code, len(answer.json()["results"])) == (200, 1)
