"""Saving what is written to the questions of the form, one answer at a time."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.errors import InvalidInput, StaleWrite
from grants.asking import kinds
from grants.models import Answer, Proposal, Question
from grants.services import drafts
from grants.services.drafts import digest


@transaction.atomic
def save_answer(
    proposal: Proposal, key: str, value: Any, *, version: int, actor: User | None, at: dt.datetime
) -> Answer:
    """Save one answer; `version` is that of the answer which the writer had read (0: none yet).

    Another version saved meanwhile is never overwritten: `StaleWrite` carries both texts. Sending the same text twice
    is harmless. What is over a limit is kept, and shown as a finding.
    """
    locked = drafts.lock_draft(proposal)
    answer, changed = _save_one(locked, key, value, version=version, actor=actor, at=at)
    if changed:
        drafts.touch(locked, at)
    return answer


@transaction.atomic
def save_answers(proposal: Proposal, values: Mapping[str, Any], *, actor: User | None, at: dt.datetime) -> list[Answer]:
    """Several answers of a form that holds none of them yet, all or none: for programs, which fill a form at once.

    One that somebody has written meanwhile is never overwritten: `StaleWrite`, and nothing is saved.
    """
    locked = drafts.lock_draft(proposal)
    saved = [_save_one(locked, key, value, version=0, actor=actor, at=at) for key, value in values.items()]
    if any(changed for _answer, changed in saved):
        drafts.touch(locked, at)
    return [answer for answer, _changed in saved]


def _save_one(
    locked: Proposal, key: str, value: Any, *, version: int, actor: User | None, at: dt.datetime
) -> tuple[Answer, bool]:
    """The answer, and whether this changed it."""
    question = question_of(locked, key)
    value = kinds.clean(question, value, currency=locked.currency)
    answer = Answer.objects.select_related("updated_by").filter(proposal=locked, key=key).first()
    stored, current = (answer.value, answer.version) if answer else (None, 0)
    if answer and stored == value and isinstance(stored, bool) == isinstance(value, bool):
        return answer, False
    if current != version:
        raise _stale(key, value, answer, actor)
    if answer is None:
        if kinds.is_empty(question, value):
            return Answer(proposal=locked, key=key, value=value, version=0, updated_at=at), False
        answer = Answer(proposal=locked, key=key, version=0)
    answer.value, answer.version, answer.updated_by, answer.updated_at = value, current + 1, actor, at
    answer.save()
    before, after = {"key": key, "value": digest(stored)}, {"key": key, "value": digest(value)}
    record(actor, "proposal.answer_saved", answer, at=at, subject=locked, before=before, after=after)
    return answer, True


def _stale(key: str, mine: Any, answer: Answer | None, actor: User | None) -> StaleWrite:
    theirs, version, by, saved_at = (
        (answer.value, answer.version, answer.updated_by, answer.updated_at) if answer else (None, 0, None, None)
    )
    who = _("You, in another window,") if by is not None and by == actor else str(by or _("Somebody"))
    return StaleWrite(
        _("%(who)s saved another text meanwhile. Nothing is lost: both are kept here.") % {"who": who},
        field=key,
        key=key,
        mine=mine,
        theirs=theirs,
        version=version,
        by=str(by or ""),
        saved_at=saved_at.isoformat() if saved_at else None,
    )


def question_of(proposal: Proposal, key: str) -> Question:
    question = Question.objects.filter(section__form=proposal.form_id, key=key).first()
    if question is None:
        raise InvalidInput(
            _("The form has no question “%(key)s”, or asks it no longer. Copy what you wrote, then reload the page.")
            % {"key": key},
            code="no_such_question",
        )
    return question
