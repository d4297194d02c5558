"""Documents of a call: what may be one, how they change once people read them, and that they come as downloads."""

import datetime as dt
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from audit.models import AuditEvent
from core.errors import InvalidInput, WrongState
from core.files import CSV, DOCX, ODT, PDF, TXT, XLSX, ZIP, UnusableFile
from grants.models import Call, CallDocument
from grants.services import documents
from notifications.models import Notice
from tests.grants.stories import NOON, make_call, make_draft, make_member, make_user, pdf
from tests.grants.stories_call_page import archive, make_document, make_officer, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft() -> Call:
    return make_call(status="draft", published_at=None)


def titles(call: Call) -> list[str]:
    return list(call.documents.values_list("title", flat=True))


def status(client: Client, path: str) -> int:
    answer = client.get(path)
    if answer.streaming:
        b"".join(answer.streaming_content)
    return answer.status_code


def how(at: dt.datetime = NOON) -> dict[str, Any]:
    return {"actor": make_officer(), "at": at}


# --- what may be one --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("upload", "kind", "name"),
    [
        (pdf("terms.pdf"), PDF, "terms.pdf"),
        (archive("docx"), DOCX, "file.docx"),
        (archive("xlsx"), XLSX, "file.xlsx"),
        (archive("odt"), ODT, "file.odt"),
        (archive("zip"), ZIP, "file.zip"),
        (text("a,b\n1,2\n", "table.csv"), CSV, "table.csv"),
        (text("Plain words."), TXT, "notes.txt"),
        (archive("docx", "terms.exe"), DOCX, "terms.exe.docx"),
        (text("<script>alert(1)</script>", "page.html"), TXT, "page.html.txt"),
        (pdf("../../etc/pa\r\nsswd.pdf"), PDF, "pa sswd.pdf"),
    ],
)
def test_document_is_what_its_bytes_show_under_a_name_that_fits(draft, upload, kind, name):
    document = documents.add_document(draft, upload, title="Terms", **how())
    assert (document.content_type, document.name) == (kind, name)


@pytest.mark.parametrize(
    "upload",
    [
        ContentFile(b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "picture.pdf"),
        ContentFile(b"MZ\x90\0" + b"\0" * 200, "program.docx"),
        ContentFile(b"", "empty.pdf"),
        ContentFile(b"PK\x03\x04 not an archive at all", "broken.zip"),
    ],
)
def test_document_of_another_kind_is_refused_beside_its_field(draft, upload):
    with pytest.raises(UnusableFile) as refused:
        documents.add_document(draft, upload, title="Terms", **how())
    assert (refused.value.field, draft.documents.count()) == ("file", 0)


def test_document_larger_than_allowed_is_refused(draft, monkeypatch):
    monkeypatch.setattr(documents, "LARGEST", 200)
    with pytest.raises(UnusableFile):
        documents.add_document(draft, pdf(), title="Terms", **how())


def test_document_that_is_there_already_and_one_without_a_title_are_refused(draft):
    make_document(draft)
    with pytest.raises(InvalidInput, match="as “Terms”"):
        documents.add_document(draft, pdf(title="Terms"), title="The same", **how())
    with pytest.raises(InvalidInput) as refused:
        documents.add_document(draft, pdf(title="other"), title="  ", **how())
    assert refused.value.field == "title"


def test_documents_are_thirty_at_most(draft, monkeypatch):
    monkeypatch.setattr(documents, "MOST_DOCUMENTS", 2)
    make_document(draft, "One")
    make_document(draft, "Two")
    with pytest.raises(InvalidInput, match="at most 2 documents"):
        make_document(draft, "Three")


# --- before it is published -------------------------------------------------------------------------------------------
def test_documents_of_a_draft_come_move_and_go_and_nobody_is_told(draft):
    one, two, three = (make_document(draft, title) for title in ("One", "Two", "Three"))
    documents.move_document(three, up=True, **how())
    documents.move_document(one, up=True, **how())
    assert titles(draft) == ["One", "Three", "Two"]
    documents.remove_document(two, **how())
    documents.remove_document(two, **how())
    documents.rename_document(one, "The first", **how())
    assert titles(draft) == ["The first", "Three"]
    verbs = list(AuditEvent.objects.filter(target_type="grants.calldocument").values_list("verb", flat=True))
    assert sorted(verbs) == sorted(
        ["call.document_added"] * 3 + ["call.documents_ordered", "call.document_removed", "call.document_renamed"]
    )
    assert not Notice.objects.exists()
    assert one.changed_at is None


def test_document_replaced_in_a_draft_says_nothing_of_a_change(draft):
    document = make_document(draft)
    new = documents.replace_document(document, pdf(title="new"), **how())
    assert (new.pk, new.changed_at, new.change_note) == (document.pk, None, "")


# --- once it is public ------------------------------------------------------------------------------------------------
def test_document_changed_once_public_needs_a_note_and_says_when_and_writers_are_told():
    call = make_call()
    document = make_document(call, at=call.published_at)
    proposal = make_draft(call)
    editor = make_member(proposal)
    Notice.objects.all().delete()
    with pytest.raises(InvalidInput) as refused:
        documents.replace_document(document, pdf(title="new"), **how())
    assert refused.value.field == "note"
    old = document.sha256
    new = documents.replace_document(document, pdf(title="new"), note="Rates of 2027.", **how())
    assert (new.changed_at, new.change_note) == (NOON, "Rates of 2027.")
    told = Notice.objects.filter(kind="call.document")
    assert {notice.recipient for notice in told} == {proposal.pi, editor}
    assert [("Rates of 2027." in notice.body, notice.path) for notice in told] == [
        (True, "/calls/AI-26/#documents")
    ] * 2
    event = AuditEvent.objects.get(verb="call.document_replaced")
    assert (event.before["sha256"], event.after["sha256"], event.after["note"]) == (old, new.sha256, "Rates of 2027.")


def test_document_taken_away_once_public_is_recorded_and_told():
    call = make_call()
    document = make_document(call)
    proposal = make_draft(call)
    documents.remove_document(document, note="It was of last year.", **how())
    assert titles(call) == []
    assert list(
        Notice.objects.filter(recipient=proposal.pi, kind="call.document").values_list("subject", flat=True)
    ) == ["Documents of AI-26: Terms"]


def test_documents_of_a_call_that_is_over_no_longer_change():
    call = make_call()
    document = make_document(call)
    Call.objects.filter(pk=call.pk).update(status="decided")
    for act in (
        lambda: documents.remove_document(document, note="Late.", **how()),
        lambda: documents.replace_document(document, pdf(title="x"), note="Late.", **how()),
        lambda: documents.rename_document(document, "Late", **how()),
        lambda: make_document(call, "Late"),
    ):
        with pytest.raises(WrongState):
            act()
    assert titles(call) == ["Terms"]


def test_documents_are_copied_into_a_draft_without_their_notes(draft):
    source = make_call("OLD-25")
    make_document(source, "Terms")
    make_document(source, "Template")
    assert documents.copy_documents(source, draft, **how()) == 2
    assert titles(draft) == ["Terms", "Template"]
    assert list(draft.documents.values_list("change_note", "changed_at")) == [("", None)] * 2


# --- fetching ---------------------------------------------------------------------------------------------------------
def test_download_is_for_everybody_who_sees_the_call_and_never_runs_in_our_origin():
    call = make_call()
    document = make_document(call, upload=pdf("Términos “ñ”.pdf"))
    answer = Client().get(document.get_absolute_url())
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content).startswith(b"%PDF")
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''T%C3%A9rminos%20%E2%80%9C%C3%B1%E2%80%9D.pdf"
    assert (answer["X-Content-Type-Options"], answer["Content-Type"]) == ("nosniff", "application/pdf")
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert Client().post(document.get_absolute_url()).status_code == 405


def test_download_of_a_drafts_document_or_under_another_call_is_not_there(draft):
    document = make_document(draft)
    officer = Client()
    officer.force_login(make_officer())
    other = make_call("B-26")
    wrong = document.get_absolute_url().replace(draft.code, other.code)
    own = document.get_absolute_url()
    assert [status(Client(), own), status(Client(), wrong)] == [404, 404]
    assert [status(officer, own), status(officer, wrong)] == [200, 404]


def test_documents_on_the_page_of_a_call_are_links_with_when_they_changed():
    call = make_call()
    make_document(call, "Terms", at=NOON, note="The second edition.")
    html = " ".join(Client().get(call.get_absolute_url()).content.decode().split())
    assert ">Terms</a>" in html
    assert "10 Mar 2026" in html
    assert "The second edition." in html


# --- the step of setting up -------------------------------------------------------------------------------------------
def post(client: Client, call: Call, act: str, **data: Any) -> Any:
    return client.post(f"/calls/{call.code}/edit/?step=documents", {"act": act, **data})


@pytest.fixture
def desk() -> Client:
    client = Client()
    client.force_login(make_officer())
    return client


def test_step_adds_names_orders_replaces_and_removes(desk, draft):
    for title in ("One", "Two"):
        assert post(desk, draft, "add", title=title, file=pdf(title=title)).status_code == 302
    one, two = draft.documents.all()
    key = {"document": one.pk}
    assert post(desk, draft, "down", **key).status_code == 302
    assert titles(draft) == ["Two", "One"]
    assert post(desk, draft, "title", **key, **{f"title-{one.pk.hex}-title": "First"}).status_code == 302
    assert post(desk, draft, "replace", **key, **{f"replace-{one.pk.hex}-file": text("New.")}).status_code == 302
    one.refresh_from_db()
    assert (one.title, one.content_type) == ("First", TXT)
    assert post(desk, draft, "remove", document=two.pk).status_code == 302
    assert titles(draft) == ["First"]


def test_step_says_what_was_refused_beside_its_field_with_what_was_typed(desk):
    call = make_call()
    document = make_document(call)
    answer = post(desk, call, "add", title="Guide", file=text("", "empty.txt"), note="Read it.")
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["file"])
    assert b'value="Guide"' in answer.content
    answer = post(desk, call, "replace", document=document.pk, **{f"replace-{document.pk.hex}-file": pdf(title="n")})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["note"])


@pytest.mark.parametrize("data", [{"act": "remove"}, {"act": "remove", "document": "x"}, {"act": "dance"}])
def test_step_for_what_is_not_there_is_not_found(desk, draft, data):
    assert desk.post(f"/calls/{draft.code}/edit/?step=documents", data).status_code == 404


def test_step_is_for_officers(draft):
    client = Client()
    client.force_login(make_user("Alan Auditor", "auditor"))
    assert post(client, draft, "add", title="Terms", file=pdf()).status_code == 403
    assert not CallDocument.objects.exists()
