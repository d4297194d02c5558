"""Every kind of question in the editor, as a script saves it and as the Save button does without one."""

from dataclasses import replace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from grants.asking.specs import QuestionSpec
from grants.models import Answer, Attachment, Proposal
from grants.services import answers
from tests.grants.stories import NOON, make_draft, make_member, make_user, pdf
from tests.grants.stories_asking import COLUMNS, EVERY_KIND, FAIR, asking_call, asking_draft, revised

pytestmark = pytest.mark.django_db
SCRIPT = {"HTTP_HX_REQUEST": "true"}
# What a browser sends for one fair answer to each.
SENT: dict[str, Any] = {
    **{f"value-{key}": FAIR[key] for key in ("line", "words", "rich", "count", "sum", "day", "one", "approvals", "approver")},
    "value-many": FAIR["many"],
    "value-people_in": "yes",
    "value-agreed": "yes",
    **{f"value-items-{key}": [FAIR["items"][0][key], ""] for key in ("item", "cost", "when", "how")},
    **{f"value-who-{key}": [FAIR["who"][0][key], ""] for key in ("name", "email", "orcid")},
    **{f"sent-{key}": "1" for key in ("many", "agreed", "items", "who")},
    **{f"version-{key}": "0" for key in FAIR},
}  # fmt: skip


@pytest.fixture
def draft() -> Proposal:
    return asking_draft()


@pytest.fixture
def client(draft: Proposal) -> Client:
    client = Client()
    client.force_login(draft.pi)
    return client


def section(draft: Proposal, number: int = 1) -> str:
    return reverse("grants:proposal_part", args=[draft.number, f"section-{number}"])


def one(draft: Proposal, key: str) -> str:
    return reverse("grants:proposal_answer_save", args=[draft.number, key])


def stored() -> dict[str, Any]:
    return dict(Answer.objects.values_list("key", "value"))


# --- without a script -------------------------------------------------------------------------------------------------
def test_save_button_keeps_every_kind_and_the_file_with_it(client, draft):
    answer = client.post(section(draft), {**SENT, "file-plan": pdf("plan.pdf")})
    assert (answer.status_code, stored(), Attachment.objects.get().key) == (302, FAIR, "plan")
    body = client.get(section(draft)).content.decode()
    for shown in ("From the board.", "plan.pdf", "ben@x.example", "100.00 USD", 'value="Air" checked'):
        assert shown in body, shown


def test_the_same_page_sent_again_changes_nothing(client, draft):
    client.post(section(draft), SENT)
    versions = {f"version-{key}": "1" for key in FAIR}
    before = Proposal.objects.get().version
    assert client.post(section(draft), {**SENT, **versions}).status_code == 302
    assert Proposal.objects.get().version == before


def test_ticks_and_rows_can_be_taken_away_again(client, draft):
    client.post(section(draft), SENT)
    emptied = {
        **{f"sent-{key}": "1" for key in ("many", "agreed", "items", "who")},
        **{f"version-{key}": "1" for key in FAIR},
    }
    client.post(section(draft), emptied)
    assert {key: stored()[key] for key in ("many", "agreed", "items", "who")} == {
        "many": [],
        "agreed": False,
        "items": [],
        "who": [],
    }
    assert stored()["line"] == FAIR["line"]


def test_what_was_typed_stays_on_the_page_where_one_cell_is_refused(client, draft):
    answer = client.post(section(draft), {**SENT, "value-items-cost": ["1.000,00", ""], "value-sum": "-5"})
    body = answer.content.decode()
    assert (answer.status_code, "items" in stored(), "sum" in stored(), stored()["line"]) == (
        422,
        False,
        False,
        FAIR["line"],
    )
    assert 'value="1.000,00"' in body
    assert 'value="Desk"' in body
    assert "Row 1, “Cost”" in body


def test_rows_are_added_and_dropped_by_buttons(client, draft):
    rows = {
        f"value-items-{key}": ["a", "b", "c"] if key == "item" else ["", "", ""]
        for key in ("item", "cost", "when", "how")
    }
    client.post(section(draft), {**rows, "sent-items": "1", "version-items": "0", "drop-items": "1"})
    assert [row["item"] for row in stored()["items"]] == ["a", "c"]
    again = {**rows, "sent-items": "1", "version-items": "1", "add-items": "yes"}
    grown = client.post(section(draft), again, follow=True)
    assert [row["item"] for row in stored()["items"]] == ["a", "b", "c"]
    assert grown.content.decode().count('name="value-items-item"') == 8
    assert grown.redirect_chain[0][0].endswith("?rows=items#field-items")


def test_what_an_answer_asks_for_more_is_shown_before_one_goes_on(client, draft):
    first = client.post(section(draft), {"value-people_in": "yes", "version-people_in": "0", "go-on": "yes"})
    assert first["Location"] == f"{section(draft)}#field-approvals"
    body = client.get(section(draft)).content.decode()
    assert 'data-field="approvals" hidden' not in " ".join(body.split())
    second = client.post(section(draft), {"value-approvals": "Yes.", "version-approvals": "0", "go-on": "yes"})
    assert second["Location"] != f"{section(draft)}#field-approvals"


def test_a_file_that_is_refused_stands_beside_its_field_and_a_button_takes_one_out(client, draft):
    bad = SimpleUploadedFile("page.pdf", b"<html><script>alert(1)</script></html>", "application/pdf")
    answer = client.post(section(draft), {**SENT, "file-plan": bad})
    assert (answer.status_code, Attachment.objects.count(), stored()) == (422, 0, FAIR)
    assert "This file is not what it may be" in answer.content.decode()
    client.post(section(draft), {"file-plan": pdf()})
    held = Attachment.objects.get()
    client.post(section(draft), {"remove-file": str(held.pk), "value-line": "Other", "version-line": "1"})
    assert (Attachment.objects.count(), stored()["line"]) == (0, "Other")


# --- with a script ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("key", FAIR)
def test_a_field_saves_itself(client, draft, key):
    sent = {name: value for name, value in SENT.items() if name.split("-")[1] == key}
    answer = client.post(one(draft, key), sent, **SCRIPT)
    body = answer.content.decode()
    assert (answer.status_code, stored()) == (200, {key: FAIR[key]})
    assert (f'name="version-{key}" value="1"' in body, 'id="asked"' in body, 'id="outline"' in body) == (True,) * 3


def test_the_answer_says_which_fields_are_asked_now(client, draft):
    yes = client.post(one(draft, "people_in"), {"value-people_in": "yes", "version-people_in": 0}, **SCRIPT)
    no = client.post(one(draft, "people_in"), {"value-people_in": "no", "version-people_in": 1}, **SCRIPT)
    assert ('data-hidden=""' in yes.content.decode(), 'data-hidden="approvals"' in no.content.decode()) == (True, True)


def test_sums_and_the_preview_come_along(client, draft):
    rows = {name: value for name, value in SENT.items() if name.split("-")[1] == "items"}
    assert "100.00 USD" in client.post(one(draft, "items"), rows, **SCRIPT).content.decode()
    sent = {"value-rich": "**Bold** <script>alert(1)</script>", "version-rich": 0}
    body = client.post(one(draft, "rich"), sent, **SCRIPT).content.decode()
    assert ("<strong>Bold</strong>" in body, "<script>alert" in body) == (True, False)


def test_a_file_is_attached_and_taken_out_in_place(client, draft):
    put = client.post(one(draft, "plan"), {"file-plan": pdf("plan.pdf")}, **SCRIPT)
    assert (put.status_code, "plan.pdf" in put.content.decode()) == (200, True)
    out = client.post(one(draft, "plan"), {"remove-file": str(Attachment.objects.get().pk)}, **SCRIPT)
    assert (out.status_code, "plan.pdf" in out.content.decode(), Attachment.objects.count()) == (200, False, 0)
    bad = client.post(one(draft, "plan"), {"file-plan": pdf(pages=9)}, **SCRIPT)
    assert (bad.status_code, "9 pages" in bad.content.decode()) == (422, True)


@pytest.mark.parametrize("key", ["many", "items", "agreed"])
def test_a_conflict_of_any_kind_gives_both_and_a_choice(client, draft, key):
    ben = make_member(draft)
    answers.save_answer(draft, key, FAIR[key], version=0, actor=ben, at=NOON)
    mine = {
        "many": {"value-many": ["Soil"]},
        "items": {f"value-items-{column['key']}": ["Lamp" if column["key"] == "item" else ""] for column in COLUMNS},
        "agreed": {},
    }[key]
    sent = {**mine, f"sent-{key}": "1"}
    stale = client.post(one(draft, key), {**sent, f"version-{key}": 0}, **SCRIPT)
    assert (stale.status_code, "Ben Coauthor saved another text" in stale.content.decode()) == (409, True)
    taken = client.post(one(draft, key), {**sent, f"take-{key}": "yes"}, **SCRIPT)
    assert (taken.status_code, stored()[key]) == (200, FAIR[key])
    forced = client.post(one(draft, key), {**sent, f"force-{key}": 1}, **SCRIPT)
    assert forced.status_code == 200
    assert stored()[key] != FAIR[key]


def test_a_question_that_is_asked_no_longer_says_so(client, draft):
    revised(draft.call, EVERY_KIND[1:], at=NOON)
    answer = client.post(one(draft, "line"), {"value-line": "Typed before", "version-line": 0}, **SCRIPT)
    assert (answer.status_code, "Copy what you wrote" in answer.content.decode()) == (422, True)


@pytest.mark.parametrize("size", [3_500])
def test_a_form_of_more_fields_than_any_page_has_is_refused(client, draft, size):
    sent = {f"value-items-{number}": "x" for number in range(size)}
    assert client.post(section(draft), {**sent, "sent-items": "1"}).status_code == 400


def test_the_largest_table_that_may_be_is_one_form():
    columns = [{"key": f"c{number}", "label": f"C{number}", "kind": "text"} for number in range(10)]
    draft = asking_draft([QuestionSpec("Big", "table", "big", settings={"columns": columns})])
    client = Client()
    client.force_login(draft.pi)
    rows = {f"value-big-c{number}": ["x"] * 200 for number in range(10)}
    assert client.post(one(draft, "big"), {**rows, "sent-big": "1", "version-big": 0}, **SCRIPT).status_code == 200
    assert len(stored()["big"]) == 200
    more = {f"value-big-c{number}": ["x"] * 201 for number in range(10)}
    assert client.post(one(draft, "big"), {**more, "sent-big": "1", "version-big": 1}, **SCRIPT).status_code == 422


# --- a form that changed --------------------------------------------------------------------------------------------------
def test_writers_see_what_changed_and_what_is_no_longer_asked(client, draft):
    answers.save_answers(draft, FAIR, actor=draft.pi, at=NOON)
    revised(draft.call, [replace(EVERY_KIND[0], words=5), *EVERY_KIND[1:6]], note="Shorter now.", at=NOON)
    Proposal.objects.update(created_at=NOON.replace(year=2020))
    body = client.get(section(draft)).content.decode()
    assert ("No longer asked" in body, "From the board." in body) == (True, True)
    assert 'data-copy="Desk | 100.00 USD' not in body
    assert "Item | Cost | When | How\nDesk | 100.00 USD | 2027-02-01 | Buy" in body.replace("\r", "")
    reader = Client()
    reader.force_login(make_user("Otto", "programme_officer"))
    assert "From the board." not in reader.get(draft.get_absolute_url()).content.decode()


def test_the_editor_asks_the_database_as_often_for_many_questions_as_for_few():
    counts = []
    for code, questions in (("FEW", EVERY_KIND[:2]), ("MANY", EVERY_KIND)):
        draft = make_draft(asking_call(questions, code=code))
        client = Client()
        client.force_login(draft.pi)
        client.get(section(draft))
        with CaptureQueriesContext(connection) as asked:
            client.get(section(draft))
        counts.append(len(asked))
    assert counts[0] == counts[1] < 35
