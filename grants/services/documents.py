"""Files that go with a call. Before it is published they come and go freely; afterwards with a note that writers read."""

import datetime as dt
from typing import Any

from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.errors import InvalidInput, WrongState
from core.files import CSV, DOCX, ODT, PDF, TXT, XLSX, ZIP, Kept, store
from core.text import clean_line, clean_text
from grants.models import Call, CallDocument
from grants.services import call_news
from grants.services.call_setup import OVER, lock

LARGEST = 20 * 1024 * 1024
MOST_DOCUMENTS = 30
ENDINGS = (".pdf", ".docx", ".odt", ".xlsx", ".csv", ".txt", ".zip")
FORMATTED = (PDF, DOCX, ODT, XLSX)


@transaction.atomic
def add_document(
    call: Call, upload: File[bytes], *, title: str, note: str = "", actor: User | None, at: dt.datetime
) -> CallDocument:
    """Put a file of at most 20 MB last on the call's page. What its bytes show counts, not its name.

    Once the call is public, `note` says what it is for, and whoever writes a proposal is told. Refused: other content, the
    same content twice, more than 30 documents, a call that is over.
    """
    locked, public = _open(call)
    note = _note(note, public=public)
    title = _title(title)
    documents = list(locked.documents.all())
    if len(documents) >= MOST_DOCUMENTS:
        raise InvalidInput(_("A call has at most %(most)d documents.") % {"most": MOST_DOCUMENTS}, field="file")
    kept = _kept(upload)
    _check_new(documents, kept)
    document = CallDocument.objects.create(
        **vars(kept),
        call=locked,
        title=title,
        position=max((one.position for one in documents), default=0) + 1,
        changed_at=at if public else None,
        change_note=note,
        uploaded_by=actor,
        uploaded_at=at,
    )
    _done(document, "added", actor=actor, at=at, note=note)
    return document


@transaction.atomic
def replace_document(
    document: CallDocument, upload: File[bytes], *, note: str = "", actor: User | None, at: dt.datetime
) -> CallDocument:
    """Another content under the same title and address. Which it was before stays in the audit trail, by its checksum."""
    locked, public = _open(document.call)
    note = _note(note, public=public)
    held = _held(locked, document)
    kept = _kept(upload)
    if kept.sha256 == held.sha256:
        raise InvalidInput(_("This is the file that is there already."), field="file")
    _check_new([one for one in locked.documents.all() if one.pk != held.pk], kept)
    before = _facts(held)
    for name, value in vars(kept).items():
        setattr(held, name, value)
    held.uploaded_by, held.uploaded_at = actor, at
    held.changed_at, held.change_note = (at, note) if public else (None, "")
    held.save()
    _done(held, "replaced", actor=actor, at=at, note=note, before=before)
    return held


@transaction.atomic
def rename_document(document: CallDocument, title: str, *, actor: User | None, at: dt.datetime) -> CallDocument:
    locked, _public = _open(document.call)
    held, title = _held(locked, document), _title(title)
    before = held.title
    if title == before:
        return held
    held.title = title
    held.save(update_fields=["title"])
    record(
        actor,
        "call.document_renamed",
        held,
        at=at,
        subject=locked,
        before={"title": before},
        after={"title": title},
    )
    return held


@transaction.atomic
def move_document(document: CallDocument, *, up: bool, actor: User | None, at: dt.datetime) -> None:
    """One place up or down. The first up and the last down stay where they are."""
    locked, _public = _open(document.call)
    held = _held(locked, document)
    rows = list(locked.documents.all())
    place = rows.index(held)
    other = place + (-1 if up else 1)
    if not 0 <= other < len(rows):
        return
    rows[place], rows[other] = rows[other], rows[place]
    before = [row.title for row in locked.documents.all()]
    for position, row in enumerate(rows, 1):
        CallDocument.objects.filter(pk=row.pk).update(position=position)
    after = [row.title for row in rows]
    record(
        actor, "call.documents_ordered", held, at=at, subject=locked, before={"order": before}, after={"order": after}
    )


@transaction.atomic
def remove_document(document: CallDocument, *, note: str = "", actor: User | None, at: dt.datetime) -> Call:
    """Take it off the page. Twice is harmless."""
    locked, public = _open(document.call)
    note = _note(note, public=public)
    held = locked.documents.filter(pk=document.pk).first()
    if held is not None:
        _done(held, "removed", actor=actor, at=at, note=note, before=_facts(held))
        held.delete()
    return locked


@transaction.atomic
def copy_documents(source: Call, into: Call, *, actor: User | None, at: dt.datetime) -> int:
    """The documents of another call, for a draft made from it. Content lies once in the storage, so this copies rows."""
    locked, public = _open(into)
    if public or locked.documents.exists():
        raise WrongState(_("This call has documents of its own, or is published."))
    copies = [
        CallDocument(
            call=locked,
            title=one.title,
            position=one.position,
            uploaded_by=actor,
            uploaded_at=at,
            **{name: getattr(one, name) for name in ("name", "sha256", "size", "content_type")},
        )
        for one in source.documents.all()
    ]
    CallDocument.objects.bulk_create(copies)
    return len(copies)


# --- what they share --------------------------------------------------------------------------------------------------
def _open(call: Call) -> tuple[Call, bool]:
    """The call, locked, and whether it is public by now. Refused once it is over."""
    locked = lock(call)
    if locked.status in OVER:
        raise WrongState(_("This call is over: nothing of it changes any more."), state=locked.status)
    return locked, locked.status != Call.Status.DRAFT


def _held(locked: Call, document: CallDocument) -> CallDocument:
    held = locked.documents.filter(pk=document.pk).first()
    if held is None:
        raise WrongState(_("Somebody took this document away meanwhile."))
    return held


def _title(value: str) -> str:
    title = clean_line(value, field="title", longest=120)
    if not title:
        raise InvalidInput(_("Say what it is: applicants read the title, not the file's name."), field="title")
    return title


def _note(value: str, *, public: bool) -> str:
    note = clean_text(value, field="note", longest=500).strip()
    if public and not note:
        raise InvalidInput(_("Say what is new: whoever writes a proposal reads it."), field="note")
    return note if public else ""


def _kept(upload: File[bytes]) -> Kept:
    """Tables and plain text look alike to who reads their bytes: there the name says which."""
    text = CSV if (upload.name or "").lower().endswith(".csv") else TXT
    return store(upload, allowed=(*FORMATTED, ZIP, text), largest=LARGEST, field="file")


def _check_new(others: list[CallDocument], kept: Kept) -> None:
    if twin := next((one for one in others if one.sha256 == kept.sha256), None):
        raise InvalidInput(_("This file is there already, as “%(title)s”.") % {"title": twin.title}, field="file")


def _facts(document: CallDocument) -> dict[str, Any]:
    return {name: getattr(document, name) for name in ("title", "name", "sha256", "size")}


def _done(
    document: CallDocument,
    what: str,
    *,
    actor: User | None,
    at: dt.datetime,
    note: str,
    before: dict[str, Any] | None = None,
) -> None:
    """Write it down; once the call is public, tell who writes under it."""
    call = document.call
    after = {} if what == "removed" else _facts(document)
    record(
        actor,
        f"call.document_{what}",
        document,
        at=at,
        subject=call,
        before=before,
        after={**after, **({"note": note} if note else {})},
    )
    if call.status == Call.Status.DRAFT:
        return
    names = {"call": call.title, "code": call.code, "title": document.title, "note": note}
    words = {
        "added": _("“%(title)s” is a new document of the call “%(call)s”."),
        "replaced": _("The document “%(title)s” of the call “%(call)s” has changed."),
        "removed": _("The document “%(title)s” of the call “%(call)s” was taken away."),
    }
    call_news.tell(
        call_news.writers_of(call),
        call,
        f"document:{document.pk}:{what}:{document.sha256[:16]}:{at.isoformat()}",
        subject=_("Documents of %(code)s: %(title)s") % names,
        body=f"{words[what] % names}\n\n{note}",
        at=at,
        path=f"{call.get_absolute_url()}#documents",
    )
