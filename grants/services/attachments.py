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
from core.files import PDF, store
from core.text import clean_line
from grants.models import Attachment, Proposal
from grants.services import drafts

LARGEST = 20 * 1024 * 1024
MOST_FILES = 20
MOST_PAGES = 100_000  # a document that says more of itself is none


@transaction.atomic
def attach(
    proposal: Proposal, upload: File[bytes], *, title: str = "", actor: User | None, at: dt.datetime
) -> Attachment:
    """Keep a PDF of at most 20 MB with the proposal. What its bytes show counts, not its name.

    Refused: other content, more than 20 files, the same content twice.
    """
    locked = drafts.lock_draft(proposal)
    title = clean_line(title, field="title", longest=120)
    if locked.attachments.count() >= MOST_FILES:
        raise InvalidInput(_("A proposal has at most %(most)d files.") % {"most": MOST_FILES}, field="file")
    kept = store(upload, allowed=(PDF,), largest=LARGEST, field="file")
    if twin := locked.attachments.filter(sha256=kept.sha256).first():
        raise InvalidInput(_("This file is attached already, as “%(name)s”.") % {"name": twin.name}, field="file")
    attachment = Attachment.objects.create(
        **vars(kept), proposal=locked, title=title, pages=pages_of(upload), uploaded_by=actor, uploaded_at=at
    )
    drafts.touch(locked, at)
    after = {"name": kept.name, "sha256": kept.sha256, "size": kept.size}
    record(actor, "proposal.file_attached", attachment, at=at, subject=locked, after=after)
    return attachment


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
    record(
        actor,
        "proposal.file_detached",
        held,
        at=at,
        subject=locked,
        before={"name": held.name, "sha256": held.sha256},
    )
    held.delete()
    drafts.touch(locked, at)
    return locked
