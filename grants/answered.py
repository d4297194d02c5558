"""Answers as they are read: of a proposal as it stands, frozen into a submission, and read again from what was frozen."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.html import linebreaks
from django.utils.safestring import SafeString, mark_safe

from grants.asking import kinds
from grants.asking.base import NOTHING, plain
from grants.asking.sheets import Sheet, file_facts, sheet_of
from grants.models import Attachment, Proposal, Question

Section = tuple[str, list["Answered"]]


@dataclass(frozen=True)
class Answered:
    """One question with what was written. `withheld`: it names people, and the reader is not told who they are.

    Of a consent, `by` and `at` say who gave it and when; of a file question, `files` are its files.
    """

    label: str
    kind: str
    text: str
    html: SafeString = NOTHING
    files: Sequence[Attachment] = ()
    by: str = ""
    at: dt.datetime | None = None
    withheld: bool = False


# --- as it stands ---------------------------------------------------------------------------------------------------
def answered_sections(proposal: Proposal, *, people: bool = True) -> list[Section]:
    """(title, the questions asked of it with what was written), in the form's order. `people`: names are shown."""
    sheet = sheet_of(proposal)
    return [
        (section.title, [_answered(question, sheet, people=people) for question in sheet.shown(section)])
        for section in sheet.sections
    ]


def _answered(question: Question, sheet: Sheet, *, people: bool) -> Answered:
    value = sheet.value(question)
    if not people and question.kind in kinds.NAMING:
        return Answered(question.label, question.kind, "", withheld=question.key in sheet.values)
    answer = sheet.answers.get(question.key)
    signed = people and question.kind == Question.Kind.CONSENT and value is True and answer is not None
    return Answered(
        question.label,
        question.kind,
        kinds.text(question, value, currency=sheet.currency),
        kinds.html(question, value, currency=sheet.currency),
        files=sheet.files.get(question.key, ()) if question.kind == Question.Kind.FILE else (),
        by=str(answer.updated_by or "") if signed and answer else "",
        at=answer.updated_at if signed and answer else None,
    )


# --- frozen ---------------------------------------------------------------------------------------------------------
def frozen_form(proposal: Proposal) -> dict[str, Any]:
    """Which version of the form a submission was written to."""
    form = proposal.form
    return {"kind": form.kind, "number": form.number} if form else {}


def frozen_sections(proposal: Proposal) -> list[dict[str, Any]]:
    """The questions that were asked, each with its kind, the answer as it is kept, and the same in words.

    `text` is left out where the answer is that text. Of a consent, `by` and `at` say who gave it and when.
    """
    sheet = sheet_of(proposal)
    return [
        {"title": section.title, "questions": [_frozen(question, sheet) for question in sheet.shown(section)]}
        for section in sheet.sections
    ]


def _frozen(question: Question, sheet: Sheet) -> dict[str, Any]:
    value = sheet.values.get(question.key)
    kept: dict[str, Any] = {"key": question.key, "label": question.label, "kind": question.kind, "answer": value}
    text = kinds.text(question, value, currency=sheet.currency)
    if text != (value or ""):
        kept["text"] = text
    answer = sheet.answers.get(question.key)
    if question.kind == Question.Kind.CONSENT and value is True and answer is not None:
        kept |= {"by": str(answer.updated_by or ""), "at": answer.updated_at.isoformat()}
    return kept


def frozen_files(proposal: Proposal) -> list[dict[str, Any]]:
    """Every file by its SHA-256; `key` names the question that it answers."""
    return [
        {**{name: value for name, value in file_facts(one).items() if name != "content_type"}, **_key(one)}
        for one in proposal.attachments.all()
    ]


def _key(one: Attachment) -> dict[str, str]:
    return {"key": one.key} if one.key else {}


# --- read again -----------------------------------------------------------------------------------------------------
def read_frozen(content: Mapping[str, Any], proposal: Proposal, *, people: bool = True) -> list[Section]:
    """The sections of a submission of any format, shown as its form asked for them. `people`: names are shown."""
    questions = _questions(content, proposal)
    return [
        (
            section["title"],
            [
                _read(one, questions.get(one["key"]), proposal.currency, people=people)
                for one in section.get("questions", ())
            ],
        )
        for section in content.get("sections", ())
    ]


def _questions(content: Mapping[str, Any], proposal: Proposal) -> dict[str, Question]:
    """The questions of the version that it was written to: frozen, so that they are still as they were."""
    form = content.get("form")
    if not form:
        return {}
    asked: Iterable[Question] = Question.objects.filter(
        section__form__call=proposal.call_id, section__form__kind=form["kind"], section__form__number=form["number"]
    )
    return {one.key: one for one in asked}


def _read(one: Mapping[str, Any], question: Question | None, currency: str, *, people: bool) -> Answered:
    value = one.get("answer")
    kind = str(one.get("kind") or Question.Kind.LONG)
    if not people and kind in kinds.NAMING:
        return Answered(one["label"], kind, "", withheld=bool(value))
    if question is not None and question.kind == kind:
        text, html = kinds.text(question, value, currency=currency), kinds.html(question, value, currency=currency)
    else:
        text = one.get("text") or plain(value)
        html = mark_safe(linebreaks(text, autoescape=True)) if text else NOTHING  # noqa: S308  (escaped)
    at = dt.datetime.fromisoformat(one["at"]) if people and one.get("at") else None
    return Answered(one["label"], kind, text, html, by=one.get("by", "") if people else "", at=at)
