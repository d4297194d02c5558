"""Forms of calls for programs: read, written whole, revised, published, discarded; who may what."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from core.clock import server_now
from grants import checks
from grants.asking.specs import Kind, QuestionSpec, SectionSpec
from grants.models import Call, FormVersion, Programme
from grants.services import calls, forms
from tests.grants.stories import make_draft, make_fund_once, make_researcher, make_user
from tests.grants.test_builder_pages import open_call

pytestmark = pytest.mark.django_db
FORM = "/api/v1/calls/NEW-27/forms/full/"


@pytest.fixture(autouse=True)
def only_our_own_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_more", [])


@pytest.fixture
def officer() -> User:
    return make_user("Oda Officer", "programme_officer")


@pytest.fixture
def desk(officer: User) -> Client:
    client = Client()
    client.force_login(officer)
    return client


@pytest.fixture
def draft(officer: User) -> Call:
    programme = Programme.objects.create(code="main", name="Open AI", fund=make_fund_once())
    return calls.create_call(programme=programme, code="NEW-27", title="New", actor=officer, at=server_now())


def send(client: Client, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    return getattr(client, method)(path, body or {}, content_type="application/json")


EVERY = (
    SectionSpec(
        "Every kind",
        tuple(
            QuestionSpec(
                f"Question {n}",
                kind,
                f"q{n}",
                options=("A", "B") if kind in {Kind.CHOICE, Kind.MULTI} else (),
                settings={"columns": [{"key": "x", "label": "X", "kind": "text"}]} if kind == Kind.TABLE else {},
            )
            for n, kind in enumerate(Kind.values)
        ),
        "Help",
    ),
)


def test_form_of_every_kind_that_was_read_can_be_written_again(draft: Call, officer: User, desk: Client) -> None:
    forms.set_form(draft, EVERY, actor=officer, at=server_now())
    read = desk.get(FORM).json()
    assert (read["version"], read["in_the_making"], len(read["sections"][0]["questions"])) == (1, True, 13)
    body = {"base": read["base"], "sections": read["sections"]}
    assert send(desk, "put", FORM, body).json() == read


def test_written_to_another_form_than_was_read_is_a_conflict(draft: Call, desk: Client) -> None:
    read = desk.get(FORM).json()
    first = {"base": read["base"], "sections": [{"title": "One", "questions": [{"label": "What?", "words": 9}]}]}
    second = {**first, "sections": [{"title": "Two", "questions": []}]}
    assert send(desk, "put", FORM, first).status_code == 200
    late = send(desk, "put", FORM, second)
    assert (late.status_code, late.json()["error"]["code"]) == (409, "stale_write")
    assert desk.get(FORM).json()["sections"][0]["title"] == "One"


def test_question_that_can_not_be_is_refused_with_its_place(draft: Call, desk: Client) -> None:
    sections = [{"title": "One", "questions": [{"label": "Which?", "kind": "choice", "options": ["Only"]}]}]
    answer = send(desk, "put", FORM, {"base": desk.get(FORM).json()["base"], "sections": sections})
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, ["s1-q1-options"])


def test_published_form_is_revised_looked_at_and_published(desk: Client) -> None:
    call = open_call()
    make_draft(call)
    form = f"/api/v1/calls/{call.code}/forms/full/"
    read = desk.get(form).json()
    assert send(desk, "put", form, {"base": read["base"], "sections": read["sections"]}).status_code == 409
    made = send(desk, "post", f"{form}revise/")
    assert (made.status_code, made.json()["version"]) == (201, 2)
    assert send(desk, "post", f"{form}revise/").status_code == 200
    sections = made.json()["sections"]
    sections[0]["questions"][0]["words"] = 70
    assert send(desk, "put", form, {"base": made.json()["base"], "sections": sections}).status_code == 200
    effects = desk.get(f"{form}effects/").json()
    assert ([one["what"] for one in effects["changes"]], effects["drafts"]) == (["at most 70 words."], 1)
    done = send(desk, "post", f"{form}publish/", {"note": "Longer."}).json()
    assert (done["version"], done["in_the_making"], done["note"]) == (2, False, "Longer.")
    assert [one["version"] for one in desk.get(f"{form}versions/").json()] == [2, 1]
    assert desk.get(f"{form}versions/1/").json()["sections"][0]["questions"][0]["words"] == 60


def test_discarded_revision_leaves_the_form_in_force(desk: Client) -> None:
    call = open_call()
    form = f"/api/v1/calls/{call.code}/forms/full/"
    send(desk, "post", f"{form}revise/")
    assert send(desk, "post", f"{form}discard/").json()["version"] == 1
    assert send(desk, "post", f"{form}discard/").status_code == 409
    assert FormVersion.objects.count() == 1


def test_everybody_reads_what_is_in_force_and_staff_the_rest(draft: Call, officer: User) -> None:
    call = open_call()
    form = f"/api/v1/calls/{call.code}/forms/full/"
    forms.revise_form(call, actor=officer, at=server_now())
    researcher, auditor = Client(), Client()
    researcher.force_login(make_researcher())
    auditor.force_login(make_user("Aud Itor", "auditor"))
    paths = [form, f"{form}making/", f"{form}versions/", f"{form}versions/1/", f"{form}effects/", FORM]
    assert [Client().get(path).status_code for path in paths] == [200, 404, 404, 404, 403, 404]
    assert [researcher.get(path).status_code for path in paths] == [200, 404, 404, 404, 403, 404]
    assert [auditor.get(path).status_code for path in paths] == [200, 200, 200, 200, 403, 200]
    acts = [("put", form), ("post", f"{form}revise/"), ("post", f"{form}publish/"), ("post", f"{form}discard/")]
    body = {"base": "", "sections": []}
    for client in (researcher, auditor):
        assert [send(client, method, path, body).status_code for method, path in acts] == [403] * 4
    assert FormVersion.objects.filter(call=call).count() == 2
