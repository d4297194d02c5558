"""What stands on a call's page: documents of every kind, questions with their answers, calls that are open now."""

import datetime as dt
import zipfile
from io import BytesIO
from typing import Any

from django.core.files.base import ContentFile

from accounts.models import User
from core.clock import server_now
from grants.models import Call, CallDocument, CallEnquiry
from grants.services import call_questions, documents
from tests.grants.stories import make_call, make_researcher, make_user, pdf

DAY = dt.timedelta(days=1)
PARTS = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "zip": "notes.txt"}


def make_officer() -> User:
    return make_user("Oda Officer", "programme_officer")


def make_open_call(code: str = "AI-26", **fields: Any) -> Call:
    """Open at this very moment, for pages that ask the clock."""
    at = server_now()
    return make_call(code, **{"opens_at": at - DAY, "closes_at": at + 20 * DAY, "sign_off_until": None, **fields})


# --- files ------------------------------------------------------------------------------------------------------------
def archive(kind: str, name: str = "", *, words: str = "") -> ContentFile:
    """A zip file that holds what a file of that kind holds: docx, xlsx, zip, or odt."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as parts:
        if kind == "odt":
            parts.writestr("mimetype", "application/vnd.oasis.opendocument.text")
            parts.writestr("content.xml", f"<office/>{words}")
        else:
            parts.writestr(PARTS[kind], f"<body/>{words}")
    return ContentFile(out.getvalue(), name or f"file.{kind}")


def text(words: str, name: str = "notes.txt") -> ContentFile:
    return ContentFile(words.encode(), name)


def make_document(call: Call, title: str = "Terms", **how: Any) -> CallDocument:
    how = {"actor": make_officer(), "at": call.created_at, **how}
    note = how.pop("note", "" if call.status == "draft" else "For everybody.")
    return documents.add_document(call, how.pop("upload", None) or pdf(title=title), title=title, note=note, **how)


# --- questions --------------------------------------------------------------------------------------------------------
def make_question(
    call: Call, words: str = "May we hire abroad?", *, person: User | None = None, **how: Any
) -> CallEnquiry:
    at = how.pop("at", call.published_at)
    return call_questions.ask(call, words, actor=person or make_researcher(), at=at)


def make_published(
    call: Call, question: str = "May one hire abroad?", answer: str = "Yes, one may.", **how: Any
) -> CallEnquiry:
    asked = make_question(call, f"{question} (asked)", **how)
    return publish(asked, question, answer)


def publish(enquiry: CallEnquiry, question: str, answer: str, **how: Any) -> CallEnquiry:
    how = {"version": enquiry.version, "actor": make_officer(), "at": enquiry.asked_at + DAY, **how}
    return call_questions.publish(enquiry, public_text=question, public_answer=answer, **how)
