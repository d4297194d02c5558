"""What the page of a call shows beyond its rules: forms of its stages, money by year, dates, documents, answers."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.models import User
from core.prose import prose
from grants import call_dates, calling, history, windows
from grants.inviting import invitations_of
from grants.models import Call, CallDocument, CallEnquiry, Section, Stage
from grants.rules import calls as rules
from grants.rules import proposals as proposal_rules
from universities.queries import confirmed_universities

FEW_ANSWERS = 4  # so many are read faster than searched


# --- the form ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Outline:
    """What one of a call's forms asks; `words`: the most that is read, where every long question has a limit."""

    title: str
    stage: Stage
    sections: Sequence[Section]
    questions: int
    words: int


def outlines_of(call: Call, stages: Sequence[Stage]) -> list[Outline]:
    """One for each form: stages of one kind share theirs. Two queries, however many."""
    first = {stage.form_id: stage for stage in reversed(stages) if stage.form_id is not None}
    sections = Section.objects.filter(form__in=list(first)).prefetch_related("questions")
    by_form: dict[Any, list[Section]] = {}
    for section in sections:
        by_form.setdefault(section.form_id, []).append(section)
    two = call.shape == Call.Shape.TWO_STAGE
    outlines = []
    for stage in sorted(first.values(), key=lambda one: one.number):
        parts = by_form.get(stage.form_id, [])
        questions = [question for part in parts for question in part.questions.all()]
        title = stage.get_kind_display() if two else ""
        words = sum(question.words or 0 for question in questions)
        outlines.append(Outline(title, stage, parts, len(questions), words))
    return outlines


# --- questions and answers --------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Answer:
    """A published question with its answer as everybody reads it. Nothing here is known of who asked, or when."""

    anchor: str
    question: str
    answer: str
    html: SafeString
    published_at: dt.datetime
    changed_at: dt.datetime | None


@dataclass(frozen=True)
class Answers:
    """The questions and answers on the page, those that have the `words` searched for, out of `all`."""

    shown: Sequence[Answer]
    all: int
    words: str

    @property
    def is_searchable(self) -> bool:
        return self.all > FEW_ANSWERS or bool(self.words)


def published_of(call: Call, words: str = "") -> list[Answer]:
    """Newest first, those that have all of the words. One query, which does not fetch who asked."""
    fields = ("public_text", "public_answer", "published_at", "changed_at")
    rows = CallEnquiry.objects.filter(call=call).published().only(*fields)
    for word in words.split()[: calling.MOST_WORDS]:
        rows = rows.filter(Q(public_text__icontains=word) | Q(public_answer__icontains=word))
    return [
        Answer(
            one.anchor,
            one.public_text,
            one.public_answer,
            prose(one.public_answer),
            one.published_at,
            one.changed_at,
        )
        for one in rows.order_by("-published_at", "-pk")
        if one.published_at is not None
    ]


def answers_of(call: Call, words: str) -> Answers:
    """One query, and one more where words are searched for."""
    shown = published_of(call, words)
    count = CallEnquiry.objects.filter(call=call).published().count() if words else len(shown)
    return Answers(shown, count, words)


# --- what the reader may do -------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Entrance:
    """Whether the reader may begin something here now; where not, why. `extra` is their own later deadline, if any."""

    may_start: bool = False
    why_not: str = ""
    extra: dt.datetime | None = None
    words: str = ""


def entrance_of(stage: Stage, user: User | None, at: dt.datetime) -> Entrance:
    """The public is offered what is open to all; a person is told what stands in their way before they begin."""
    if stage.by_invitation and user is not None and invitations_of(user, stage.call).exists():
        return Entrance(may_start=True, words=_("Start your full proposal"))
    if stage.by_invitation:
        return Entrance(why_not=_("Full proposals are by invitation, on an expression of interest."))
    words = _("Write an expression of interest") if stage.kind == Stage.Kind.EOI else _("Write a proposal")
    if user is None and stage.call.internal_limit and stage.is_open(at):
        return Entrance(why_not=_("Universities choose who applies. Sign in to put your idea forward at yours."))
    if user is None:
        return Entrance(may_start=stage.is_open(at), words=words)
    universities = list(confirmed_universities(user))
    extra = windows.extra_by_stage([stage], person=user, universities=universities, at=at).get(stage.pk)
    extra = extra if extra is not None and extra > max(stage.closes_at, at) else None
    if not stage.is_open(at) and extra is None:
        return Entrance()
    why_not = proposal_rules.can_start(user, stage, at)
    return Entrance(may_start=why_not is None, why_not=why_not or "", extra=extra, words=words)


# --- all of it --------------------------------------------------------------------------------------------------------
def page_of(call: Call, user: User | None, at: dt.datetime, *, words: str = "") -> dict[str, Any]:
    """What the template of the page is given, for this reader at this instant."""
    stages = list(call.stages.all())
    stage = calling.current_stage(call, at)
    documents = list(CallDocument.objects.filter(call=call))
    for document in documents:
        document.call = call
    outlines = outlines_of(call, stages)
    return {
        **calling.facts(call, stage, outlines[0].sections if outlines else []),
        "stages": stages,
        "dates": call_dates.dates_of(call, stages, at),
        "history": history.dates_history(call),
        "clock": call_dates.clock_of(call, stage, stages, at),
        "paused": call.paused_at is not None and call.status in windows.SIGNING,
        "outlines": outlines,
        "years": list(call.years.select_related("year")),
        "documents": documents,
        "answers": answers_of(call, words),
        "asked": list(CallEnquiry.objects.filter(call=call, asked_by=user).order_by("-asked_at")) if user else [],
        "may_ask": user is not None and rules.can_ask(user, call) is None,
        "takes_questions": call.status in rules.ASKABLE,
        "entrance": entrance_of(stage, user, at),
        "mine": list(calling.own_proposals(user).filter(call=call)) if user else [],
    }
