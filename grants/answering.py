"""The editor's fields for the questions of the form: what each shows, what a browser sent for it, and saving it."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import InvalidInput, StaleWrite
from grants.asking import files, kinds
from grants.asking.conditions import Asking
from grants.asking.sheets import Sheet
from grants.asking.specs import Kind, option_pairs
from grants.editing import Conflict, Field, Option, Typed, in_conflict, typed, version_of
from grants.models import Proposal, Question, Section
from grants.services import answers

MORE_ROWS = 5


def options_of(question: Question) -> tuple[Option, ...]:
    return (("yes", _("Yes")), ("no", _("No"))) if question.kind == Kind.YES_NO else option_pairs(question)


# --- what is shown --------------------------------------------------------------------------------------------------
def section_fields(proposal: Proposal, section: Section, sheet: Sheet, *, more_rows: str = "") -> list[Field]:
    """Every question of the section; those not asked now are there, hidden. `more_rows`: the key of a table that grows."""
    fields = [answer_field(proposal, question, sheet) for question in section.questions.all()]
    return [replace(one, blank_rows=MORE_ROWS) if one.key == more_rows else one for one in fields]


def answer_field(proposal: Proposal, question: Question, sheet: Sheet) -> Field:
    answer = sheet.answers.get(question.key)
    asking = sheet.state[question.key]
    stored = answer is not None and answer.version > 0
    field = Field(
        key=question.key,
        kind=question.kind,
        label=question.label,
        help=question.help,
        required=asking.required,
        hidden=not asking.shown,
        value=as_typed(question, answer.value if answer else None),
        version=answer.version if answer else 0,
        url=reverse("grants:proposal_answer_save", args=[proposal.number, question.key]),
        saved_at=answer.updated_at if answer and stored else None,
        saved_by=str(answer.updated_by or "") if answer and stored else "",
        **_of_kind(question, sheet.currency),
    )
    return _filled(field, sheet)


def preview_fields(
    questions: Iterable[Question], currency: str, typed: Mapping[str, Any], state: Mapping[str, Asking]
) -> list[Field]:
    """Questions as an applicant will see them, with what was tried in them; it goes nowhere."""
    return [
        Field(
            key=one.key,
            kind=one.kind,
            label=one.label,
            help=one.help,
            required=state[one.key].required,
            hidden=not state[one.key].shown,
            value=typed.get(one.key, as_typed(one, None)),
            version=0,
            url="",
            **_of_kind(one, currency),
        )
        for one in questions
    ]


def _of_kind(question: Question, currency: str) -> dict[str, Any]:
    """What fields of one kind know besides."""
    known: dict[str, Any] = {
        "question": question,
        "words": question.words,
        "characters": question.characters,
        "options": options_of(question),
        "statement": question.settings.get("statement", ""),
        "after": currency if question.kind == Kind.MONEY else str(question.settings.get("unit", "")),
    }
    if grid := kinds.grid_of(question):
        known["columns"] = tuple(grid.columns(question))
        known["most"] = grid.bounds(question)[1]
    if question.kind == Kind.FILE:
        known |= {"rules": files.rules_in_words(question), "most": files.most_files(question)}
        known["accept"] = ",".join(files.allowed_types(question))
    return known


def _filled(field: Field, sheet: Sheet) -> Field:
    """With what follows from its value: sums, a preview, its files."""
    question = field.question
    assert question is not None
    if grid := kinds.grid_of(question):
        labels = {column.key: column.label for column in field.columns}
        sums = grid.sums(question, field.value, sheet.currency)
        return replace(field, sums=tuple((labels[key], total) for key, total in sums.items()))
    if question.kind == Kind.RICH:
        return replace(field, preview=kinds.html(question, field.value))
    if question.kind == Kind.FILE:
        attached = tuple(sheet.files.get(question.key, ()))
        last = attached[-1] if attached else None
        return replace(field, files=attached, saved_at=last.uploaded_at if last else None)
    return field


def as_typed(question: Question, value: Any) -> Any:
    """A stored value as the field's inputs hold it."""
    if kinds.grid_of(question):
        return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
    if question.kind == Kind.MULTI:
        return [str(one) for one in value] if isinstance(value, list) else []
    if question.kind == Kind.CONSENT:
        return value is True
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def asked_now(sheet: Sheet, section: Section) -> dict[str, Any]:
    """For the page's script: which fields of the section are hidden, which may stay empty, and whether any is shown."""
    states = {question.key: sheet.state[question.key] for question in section.questions.all()}
    return {
        "hidden": [key for key, one in states.items() if not one.shown],
        "optional": [key for key, one in states.items() if not one.required],
        "some": any(one.shown for one in states.values()),
    }


# --- what was sent --------------------------------------------------------------------------------------------------
def sent(data: QueryDict, one: Field) -> Typed | None:
    """The value that a browser sent for a field, or None where it sent none (files are sent in another way)."""
    question = one.question
    if question is None or question.kind == Kind.FILE:
        return None
    if one.columns or question.kind in {Kind.MULTI, Kind.CONSENT}:
        if f"sent-{one.key}" not in data:
            return None
        return Typed(_many(data, one), version_of(data, one))
    return typed(data, one)


def _many(data: QueryDict, one: Field) -> Any:
    if one.columns:
        return _rows(data, one)
    ticked = data.getlist(f"value-{one.key}")
    return bool(ticked) if one.kind == Kind.CONSENT else ticked


def _rows(data: QueryDict, one: Field) -> list[dict[str, str]]:
    """The cells came column by column, each with as many values as there are rows."""
    by_column = {column.key: data.getlist(f"value-{one.key}-{column.key}") for column in one.columns}
    height = max(map(len, by_column.values()), default=0)
    rows = [
        {key: cells[number] if number < len(cells) else "" for key, cells in by_column.items()}
        for number in range(height)
    ]
    dropped = data.get(f"drop-{one.key}", "")
    kept = [row for number, row in enumerate(rows) if str(number) != dropped]
    return [row for row in kept if any(cell.strip() for cell in row.values())]


# --- saving ---------------------------------------------------------------------------------------------------------
def save_answer(proposal: Proposal, one: Field, given: Typed, currency: str, *, actor: User, at: dt.datetime) -> Field:
    """The field as it stands after saving; with the reason and what was typed where it was refused."""
    question = one.question
    assert question is not None
    try:
        saved = answers.save_answer(proposal, one.key, given.value, version=given.version, actor=actor, at=at)
    except StaleWrite as error:
        data = error.data
        saved_at = dt.datetime.fromisoformat(data["saved_at"]) if data["saved_at"] else None
        theirs = kinds.text(question, data["theirs"], currency=currency)
        return in_conflict(one, given, Conflict("", theirs, data["version"], data["by"], saved_at))
    except InvalidInput as error:
        return replace(one, value=given.value, error=error.message)
    value = as_typed(question, saved.value)
    fresh = replace(one, value=value, version=saved.version, just_saved=True)
    return replace(fresh, saved_at=saved.updated_at, saved_by=str(saved.updated_by or actor))
