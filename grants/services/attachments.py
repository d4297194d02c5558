"""Files of a proposal: kept, taken out."""

import datetime as dt
from typing import Any

import pypdf
from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _
from pypdf.errors import PyPdfError

from accounts.models import User
from audit.services import record
from core.errors import InvalidInput
from core.files import PDF, Kept, store
from core.text import clean_line
from grants.asking.files import allowed_types, most_bytes, most_files
from grants.models import Attachment, Proposal, Question
from grants.services import drafts
from grants.services.answers import question_of

LARGEST = 20 * 1024 * 1024
MOST_FILES = 20
MOST_PAGES = 100_000  # a document that says more of itself is none


@transaction.atomic
def attach(
    proposal: Proposal,
    upload: File[bytes],
    *,
    title: str = "",
    key: str = "",
    actor: User | None,
    at: dt.datetime,
) -> Attachment:
    """Keep a file with the proposal: a PDF of at most 20 MB, or, with the `key` of a question, what that question takes.

    What its bytes show counts, not its name. To a question that takes one file, another one replaces it.
    Refused: other content, more pages or files than are taken, the same content twice.
    """
    locked = drafts.lock_draft(proposal)
    title = clean_line(title, field="title", longest=120)
    asked = _asked(locked, key)
    beside = list(locked.attachments.filter(key=key))
    replaced = beside if asked and most_files(asked) == 1 else []
    most = most_files(asked) if asked else MOST_FILES
    if not replaced and len(beside) >= most:
        words = _("At most %(most)d files go here.") if asked else _("A proposal has at most %(most)d files.")
        raise InvalidInput(words % {"most": most}, field="file")
    kept = _store(upload, asked)
    if twin := next((one for one in beside if one.sha256 == kept.sha256), None):
        raise InvalidInput(_("This file is attached already, as “%(name)s”.") % {"name": twin.name}, field="file")
    pages = _counted(upload, asked) if kept.content_type == PDF else None
    for one in replaced:
        _take_out(one, locked, actor, at)
    attachment = Attachment.objects.create(
        **vars(kept), proposal=locked, key=key, title=title, pages=pages, uploaded_by=actor, uploaded_at=at
    )
    drafts.touch(locked, at)
    after = {"name": kept.name, "sha256": kept.sha256, "size": kept.size, **({"key": key} if key else {})}
    record(actor, "proposal.file_attached", attachment, at=at, subject=locked, after=after)
    return attachment


def _asked(locked: Proposal, key: str) -> Question | None:
    """The question that the file answers; None for a file of the proposal as a whole."""
    if not key:
        return None
    asked = question_of(locked, key)
    if asked.kind != Question.Kind.FILE:
        raise InvalidInput(_("“%(label)s” is not answered with a file.") % {"label": asked.label}, field="file")
    return asked


def _store(upload: File[bytes], asked: Question | None) -> Kept:
    if asked is None:
        return store(upload, allowed=(PDF,), largest=LARGEST, field="file")
    return store(upload, allowed=allowed_types(asked), largest=most_bytes(asked), field="file")


def _counted(upload: File[bytes], asked: Question | None) -> int | None:
    """Its pages; where there is a limit they must be countable, and within it."""
    pages = pages_of(upload)
    most = asked.settings.get("most_pages") if asked else None
    if most and pages is None:
        words = _("The pages of this PDF can't be counted. Save it anew as a PDF, without a password, then attach it.")
        raise InvalidInput(words, field="file")
    if most and pages and pages > most:
        words = _("This PDF has %(pages)d pages; at most %(most)d are allowed.")
        raise InvalidInput(words % {"pages": pages, "most": most}, field="file")
    return pages


def pages_of(upload: File[bytes]) -> int | None:
    """How many pages the PDF says that it has; None where it does not say so readably (encrypted, damaged).

    Its pages themselves are not walked: a file made for that has a million of them.
    """
    upload.seek(0)
    try:
        pages: Any = pypdf.PdfReader(upload, strict=False).root_object["/Pages"]
        count = int(pages["/Count"])
        return count if 0 < count <= MOST_PAGES else None
    except (PyPdfError, ValueError, LookupError, TypeError, AttributeError, RecursionError, OSError, OverflowError):
        return None


@transaction.atomic
def detach(attachment: Attachment, *, actor: User | None, at: dt.datetime) -> Proposal:
    """Take a file out of a draft. Submissions made with it name it by its checksum, and its content is kept."""
    locked = drafts.lock_draft(attachment.proposal)
    held = Attachment.objects.select_for_update().filter(pk=attachment.pk).first()
    if held is None:
        return locked
    _take_out(held, locked, actor, at)
    drafts.touch(locked, at)
    return locked


def _take_out(held: Attachment, locked: Proposal, actor: User | None, at: dt.datetime) -> None:
    before = {"name": held.name, "sha256": held.sha256}
    record(actor, "proposal.file_detached", held, at=at, subject=locked, before=before)
    held.delete()
