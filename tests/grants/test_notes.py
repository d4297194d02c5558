"""Notes of officers: they stay as they were written, and only those who may know of the triage read them."""

import datetime as dt

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from core.errors import InvalidInput, NotAllowed, WrongState
from grants.models import Note
from grants.services import access, notes
from tests.grants.stories import NOON, make_draft, make_signer, make_submitted, make_user
from tests.grants.stories_triage import desk_of, make_officer

pytestmark = pytest.mark.django_db


def test_note_is_kept_once_however_often_it_is_sent_within_minutes() -> None:
    officer, proposal = make_officer(), make_submitted()
    for minutes in (0, 1, 30):
        notes.add_note(proposal, "Ask Ben.", actor=officer, at=NOON + dt.timedelta(minutes=minutes))
    assert Note.objects.count() == 2  # the third is half an hour later, and meant


def test_note_can_be_changed_and_deleted_by_nobody_not_even_by_sql() -> None:
    note = notes.add_note(make_submitted(), "As it was.", actor=make_officer(), at=NOON)
    for change in (lambda: Note.objects.filter(pk=note.pk).update(text="Else"), note.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert Note.objects.get().text == "As it was."


def test_note_without_words_about_a_draft_or_by_who_has_a_conflict_is_refused() -> None:
    proposal, sealed = make_submitted(), make_officer("Cleo Conflicted")
    access.seal(proposal, sealed, at=NOON)
    with pytest.raises(InvalidInput):
        notes.add_note(proposal, " \n", actor=make_officer(), at=NOON)
    with pytest.raises(NotAllowed):
        notes.add_note(proposal, "Mine.", actor=sealed, at=NOON)
    with pytest.raises(WrongState):
        notes.add_note(make_draft(proposal.call), "Early.", actor=None, at=NOON)
    assert not Note.objects.exists()


def test_notes_are_read_by_staff_without_a_conflict_and_by_nobody_else() -> None:
    proposal, sealed = make_submitted(), make_officer("Cleo Conflicted")
    notes.add_note(proposal, "Between us.", actor=make_officer(), at=NOON)
    access.seal(proposal, sealed, at=NOON)
    readers = {
        "officer": make_officer("Otto Other"),
        "auditor": make_user("Ali Auditor", "auditor"),
        "finance": make_user("Fay Finance", "finance_officer"),
        "sealed": sealed,
        "lead": proposal.pi,
        "office": make_signer(),
    }
    counts = {who: Note.objects.visible_to(user).count() for who, user in readers.items() if user is not None}
    assert counts == {"officer": 1, "auditor": 1, "finance": 0, "sealed": 0, "lead": 0, "office": 0}
    assert [
        one["text"] for one in desk_of(readers["officer"]).get(f"/api/v1/intake/{proposal.number}/notes/").json()
    ] == ["Between us."]
    lead = Client()
    lead.force_login(proposal.pi)
    assert lead.get(f"/api/v1/intake/{proposal.number}/notes/").status_code == 403


def test_note_is_shown_as_text_whatever_is_in_it() -> None:
    officer, proposal = make_officer(), make_submitted()
    notes.add_note(proposal, "<script>alert(1)</script>\n{reason}", actor=officer, at=NOON)
    html = desk_of(officer).get(f"/intake/{proposal.number}/").content.decode()
    assert "<p>&lt;script&gt;alert(1)&lt;/script&gt;<br>{reason}</p>" in html
