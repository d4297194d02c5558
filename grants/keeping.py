"""What a form that changed left beside a draft: what changed, and the answers that are no longer asked for."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from grants.asking import kinds
from grants.asking.base import plain
from grants.asking.versions import Change
from grants.models import FormVersion, KeptAnswer, Proposal, Question
from grants.services.forms import changes_of

STAYS_NEWS = dt.timedelta(days=14)


@dataclass(frozen=True)
class Kept:
    """An answer without a question, in words."""

    label: str
    text: str
    kept_at: dt.datetime


@dataclass(frozen=True)
class News:
    """`form` came into force while the draft was written; None where the writers know it long since."""

    form: FormVersion | None
    changes: list[Change]
    kept: list[Kept]


def news_of(proposal: Proposal, at: dt.datetime) -> News:
    """For the writers of a draft alone."""
    form = proposal.form
    frozen = form.frozen_at if form and form.number > 1 else None
    recent = frozen is not None and proposal.created_at < frozen and at - frozen < STAYS_NEWS
    return News(form if recent else None, changes_of(form) if form and recent else [], kept_of(proposal))


def kept_of(proposal: Proposal) -> list[Kept]:
    rows = list(KeptAnswer.objects.filter(proposal=proposal).order_by("-id"))
    asked = Question.objects.filter(section__form__in={one.form_id for one in rows}, key__in={one.key for one in rows})
    questions = {(one.section.form_id, one.key): one for one in asked.select_related("section")} if rows else {}
    return [
        Kept(one.label, _words(questions.get((one.form_id, one.key)), one.value, proposal.currency), one.kept_at)
        for one in rows
    ]


def _words(question: Question | None, value: Any, currency: str) -> str:
    return kinds.text(question, value, currency=currency) if question else plain(value)
