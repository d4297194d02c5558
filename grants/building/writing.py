"""What was typed, turned into sections and questions, with everything that can't be kept at once and beside its field."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from core.errors import InvalidInput
from grants.asking.checking import new_key
from grants.asking.conditions import checked as checked_condition
from grants.asking.kinds import check, check_options
from grants.asking.specs import MOST_CHARACTERS, MOST_WORDS, TEXT, QuestionSpec, SectionSpec
from grants.building.draft import Column, Draft, Kind, Pick, Row, lines
from grants.building.picking import condition_of

# Which settings a kind has that are typed as text.
SETTINGS: Mapping[str, tuple[str, ...]] = {
    Kind.NUMBER: ("least", "most", "unit"),
    Kind.MONEY: ("least", "most"),
    Kind.DATE: ("earliest", "latest"),
    Kind.MULTI: ("least", "most"),
    Kind.FILE: ("most_mb", "most_pages", "most_files"),
    Kind.TABLE: ("least_rows", "most_rows"),
    Kind.PEOPLE: ("least", "most"),
    Kind.CONSENT: ("statement",),
}
CHOOSING = frozenset({Kind.CHOICE, Kind.MULTI})


def to_specs(draft: Draft) -> tuple[list[SectionSpec], dict[str, str]]:
    """The form to be, and what stops it from being kept, by the name of the field. Empty: it can be kept."""
    keys = _keys(draft)
    by_handle = {row.handle: row for row in draft.rows}
    problems: dict[str, str] = {}
    earlier: list[QuestionSpec] = []
    sections = []
    for number, block in enumerate(draft.blocks, 1):
        if not block.title.strip():
            problems[f"{block.place}-title"] = _("Section %(number)d has no title.") % {"number": number}
        questions = []
        for row in block.rows:
            spec = _spec(row, keys, by_handle, problems)
            spec = _checked(spec, row, earlier, problems)
            questions.append(spec)
            earlier.append(spec)
        sections.append(SectionSpec(block.title, tuple(questions), block.help))
    return sections, problems


def _keys(draft: Draft) -> dict[str, str]:
    """Of each question by its handle: the key that it has, or the one that it gets."""
    used = {row.key for row in draft.rows if row.key}
    keys = {}
    for row in draft.rows:
        keys[row.handle] = row.key or new_key(row.label, used)
        used.add(keys[row.handle])
    return keys


def _spec(row: Row, keys: Mapping[str, str], by_handle: Mapping[str, Row], problems: dict[str, str]) -> QuestionSpec:
    text, kind = row.text, row.kind
    limits = {
        name: _limit(row, name, most, problems) if kind in TEXT else None
        for name, most in (("words", MOST_WORDS), ("characters", MOST_CHARACTERS))
    }
    return QuestionSpec(
        label=row.label,
        kind=kind,
        key=keys[row.handle],
        help=text.get("help", ""),
        required=row.need == "always",
        options=row.options if kind in CHOOSING else (),
        settings=_settings(row),
        shown_if=_condition(row.shown, keys, by_handle),
        required_if=_condition(row.needed, keys, by_handle) if row.need == "if" else None,
        **limits,
    )


def _condition(pick: Pick, keys: Mapping[str, str], by_handle: Mapping[str, Row]) -> dict[str, Any] | None:
    return condition_of(pick, by_handle.get(pick.asks), keys.get(pick.asks, ""))


def _limit(row: Row, name: str, most: int, problems: dict[str, str]) -> int | None:
    typed = row.text.get(name, "").strip().replace(",", "")
    if not typed:
        return None
    if typed.isascii() and typed.isdigit() and len(typed) < 10 and 1 <= int(typed) <= most:
        return int(typed)
    problems[f"{row.place}-{name}"] = _("Write a whole number between 1 and %(most)s.") % {"most": f"{most:,}"}
    return None


def _settings(row: Row) -> dict[str, Any]:
    """Only what the kind has, and only what was filled in."""
    kind, found = row.kind, {}
    for name in SETTINGS.get(kind, ()):
        typed = row.text.get(name, "").strip()
        if typed:
            found[name] = typed
    more: Mapping[str, Mapping[str, Any]] = {
        Kind.NUMBER: {"whole": "whole" in row.ticks},
        Kind.FILE: {"types": list(row.types)},
        Kind.PEOPLE: {"ask": list(row.ask)},
        Kind.TABLE: {"columns": _columns(row), "sums": "sums" in row.ticks},
    }
    return {**found, **{name: value for name, value in more.get(kind, {}).items() if value}}


def _columns(row: Row) -> list[dict[str, Any]]:
    used = {column.text.get("key", "") for column in row.columns} - {""}
    found = []
    for column in row.columns:
        key = column.text.get("key", "") or new_key(column.text.get("label", ""), used)
        used.add(key)
        found.append(_column(column, key))
    return found


def _column(column: Column, key: str) -> dict[str, Any]:
    kind = column.text.get("kind", "text")
    found: dict[str, Any] = {"key": key, "label": " ".join(column.text.get("label", "").split()), "kind": kind}
    if kind == "choice":
        found["options"] = list(lines(column.text.get("options", "")))
    if column.required:
        found["required"] = True
    return found


# --- checking -------------------------------------------------------------------------------------------------------
def _checked(spec: QuestionSpec, row: Row, earlier: list[QuestionSpec], problems: dict[str, str]) -> QuestionSpec:
    """The question as it will be kept; each thing that is refused stands beside its field."""
    place = row.place
    if not spec.label.strip():
        problems[f"{place}-label"] = _("This question has no text.")
    kept: dict[str, Any] = {}
    named = replace(spec, label=" ".join(spec.label.split()) or _("This question"))
    for name, found in (("options", check_options), ("settings", check)):
        try:
            kept[name] = found(named, place)
        except InvalidInput as error:
            problems[error.field or f"{place}-label"] = error.message
    if spec.kind == Kind.TABLE and f"{place}-columns" in problems:
        _blame_columns(named, place, problems)
    for name, field in (("shown_if", f"{place}-shown-asks"), ("required_if", f"{place}-needed-asks")):
        try:
            kept[name] = checked_condition(getattr(spec, name), earlier, field)
        except InvalidInput as error:
            problems[error.field or field] = error.message
    if row.need == "if" and not row.needed.asks:
        problems[f"{place}-needed-asks"] = _("Choose the earlier answer that it depends on.")
    return replace(spec, **kept)


def _blame_columns(spec: QuestionSpec, place: str, problems: dict[str, str]) -> None:
    """Put what is wrong with one column beside it."""
    for number, column in enumerate(spec.settings.get("columns", ()), 1):
        try:
            check(replace(spec, settings={"columns": [column]}), place)
        except InvalidInput as error:
            problems.pop(f"{place}-columns", None)
            problems[f"{place}-c{number}-label"] = error.message
