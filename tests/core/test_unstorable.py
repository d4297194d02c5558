"""Text that no row can hold: a 400 that says so, on pages and in the API, wherever it comes in."""

import base64
import json
from urllib.parse import quote

import pytest
from django.test import Client

from accounts.models import User
from core.unstorable import Unstorable, check_texts
from tests.grants.stories import make_researcher, make_user

pytestmark = pytest.mark.django_db
JSON = "application/json"
SENTENCE = "A text holds a character that can"


@pytest.fixture
def officer() -> Client:
    client = Client()
    client.force_login(make_user("Ofelia", "programme_officer", "finance_officer", "administrator"))
    return client


@pytest.mark.parametrize(
    "address",
    [
        "/awards/%00/",
        "/awards/slates/a%00b/",
        "/awards/payments/%00/",
        "/reports/funded/%00/",
        "/reports/budget/?fund=%00",
    ],
)
def test_a_nul_in_an_address_is_refused_with_a_sentence(officer, address):
    answer = officer.get(address)
    assert answer.status_code == 400
    assert SENTENCE in answer.content.decode()


def test_a_nul_in_a_field_that_no_form_reads_is_refused_and_nothing_is_written():
    ada = make_researcher()
    client = Client()
    client.force_login(ada)
    work = ada.affiliations.get()
    answer = client.post(f"/universities/people/{work.pk}/end/", {"reason": "a\0b"})
    assert answer.status_code == 400
    assert SENTENCE in answer.content.decode()
    assert ada.affiliations.get().status == "confirmed"


def test_htmx_gets_the_refusal_as_a_toast(officer):
    answer = officer.get("/reports/budget/", {"fund": "\0"}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Retarget"]) == (400, "#toasts")


@pytest.mark.parametrize("body", ['{"name": "a\\u0000b"}', '{"name": "a\\ud800b"}', '{"na\\ud800me": "Ada"}'])
def test_the_api_refuses_such_a_text_in_keys_and_values(officer, body):
    answer = officer.patch("/api/v1/me/", body, JSON)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unstorable_text")
    assert not User.objects.filter(name__startswith="a").exists()


def test_the_api_refuses_such_a_text_in_an_address(officer):
    answer = officer.get("/api/v1/public/fund/", {"fund": "\0"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unstorable_text")


def test_a_body_without_a_bottom_is_refused(officer):
    for depth in (100, 100_000):
        answer = officer.patch("/api/v1/me/", "[" * depth + "]" * depth, JSON)
        assert answer.status_code == 400
        assert "nested too deeply" in answer.json()["error"]["message"]


def test_what_is_as_deep_as_our_own_shapes_passes():
    check_texts({"scores": {"idea": [{"value": 3, "comment": "ü 🎈"}]}})
    with pytest.raises(Unstorable):
        check_texts([{"a": ["\udc00"]}])


@pytest.mark.parametrize(
    "address", ["/api/v1/ledger/lines/", "/api/v1/ledger/entries/", "/api/v1/audit/", "/api/v1/people/"]
)
def test_a_bent_cursor_is_an_answer_and_no_fault(officer, address):
    for key in ("abc", "\0", "9" * 5000, json.dumps({"a": 1})):
        cursor = base64.b64encode(f"p={quote(key)}".encode()).decode()
        assert officer.get(address, {"cursor": cursor}).status_code in (400, 404), (address, key)
