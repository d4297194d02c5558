"""What officers tell each other about a proposal: written once, read by those who may know of its triage."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.text import given_reason
from grants.models import Note, Proposal
from grants.services import desk

LONGEST = 8_000
SAME = dt.timedelta(minutes=10)


@transaction.atomic
def add_note(proposal: Proposal, text: str, *, actor: User | None, at: dt.datetime) -> Note:
    """Stays as it was written. The same words by the same person again, within minutes, are a second click."""
    locked = desk.lock_handed_in(proposal, actor)
    text = given_reason(text, _("Write the note."), field="text", longest=LONGEST)
    last = Note.objects.filter(proposal=locked, author=actor).last()
    if last is not None and last.text == text and at - last.at < SAME:
        return last
    note = Note.objects.create(proposal=locked, author=actor, at=at, text=text)
    record(actor, "proposal.noted", locked, at=at, after={"text": text})
    return note
