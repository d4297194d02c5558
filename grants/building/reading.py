"""A form that is kept, or that was posted, as it stands on the builder's page."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict

from grants.asking.specs import QuestionSpec, SectionSpec, option_values
from grants.building.draft import COLUMN_TEXTS, MOST_ROWS, TEXTS, TICKS, Block, Column, Draft, Pick, Row
from grants.building.picking import typed_of

_SETTINGS = (
    *("least", "most", "unit", "earliest", "latest", "most_mb", "most_pages", "most_files", "least_rows"),
    *("most_rows", "statement"),
)


# --- from what is kept ----------------------------------------------------------------------------------------------
def from_specs(sections: Sequence[SectionSpec]) -> Draft:
    return Draft(tuple(block_of(one) for one in sections)).numbered()


def block_of(section: SectionSpec) -> Block:
    return Block(title=section.title, help=section.help, rows=tuple(row_of(one) for one in section.questions))


def row_of(spec: QuestionSpec) -> Row:
    settings = spec.settings
    need = "always" if spec.required else "if" if spec.required_if else "never"
    text = {
        "label": spec.label,
        "kind": str(spec.kind),
        "key": spec.key,
        "help": spec.help,
        "need": need,
        "words": _text(spec.words),
        "characters": _text(spec.characters),
        "options": "\n".join(option_values(spec)),
        **{name: _text(settings.get(name)) for name in _SETTINGS},
    }
    return Row(
        handle=spec.key,
        text=text,
        ticks=frozenset(name for name in TICKS if settings.get(name)),
        types=tuple(map(str, settings.get("types", ()))),
        ask=tuple(map(str, settings.get("ask", ()))),
        columns=tuple(_column_of(one) for one in settings.get("columns", ())),
        shown=typed_of(spec.shown_if),
        needed=typed_of(spec.required_if) if need == "if" else Pick(),
    )


def _column_of(column: Mapping[str, Any]) -> Column:
    text = {name: _text(column.get(name)) for name in ("label", "kind", "key")}
    return Column(
        text={**text, "options": "\n".join(map(str, column.get("options") or ()))},
        required=bool(column.get("required")),
    )


def _text(value: Any) -> str:
    return "" if value is None else str(value)


# --- from what was posted -------------------------------------------------------------------------------------------
def from_post(data: QueryDict) -> Draft:
    """What was typed, as far as parts follow each other without a gap."""
    blocks = []
    for number in range(1, MOST_ROWS + 1):
        place = f"s{number}"
        if f"{place}-title" not in data:
            break
        blocks.append(
            Block(title=_sent(data, f"{place}-title"), help=_sent(data, f"{place}-help"), rows=_rows(data, place))
        )
    return Draft(tuple(blocks)).numbered()


def _sent(data: QueryDict, name: str) -> str:
    """As it is kept in the page: with one kind of line break."""
    return str(data.get(name, "")).replace("\r\n", "\n")


def _rows(data: QueryDict, block: str) -> tuple[Row, ...]:
    rows = []
    for n in range(1, MOST_ROWS + 1):
        place = f"{block}-q{n}"
        if f"{place}-label" not in data:
            break
        rows.append(_row(data, place))
    return tuple(rows)


def _row(data: QueryDict, place: str) -> Row:
    return Row(
        handle=_sent(data, f"{place}-handle"),
        text={name: _sent(data, f"{place}-{name}") for name in TEXTS},
        ticks=frozenset(name for name in TICKS if f"{place}-{name}" in data),
        columns=_columns(data, place),
        shown=_pick(data, f"{place}-shown"),
        needed=_pick(data, f"{place}-needed"),
        open=data.get(f"{place}-open") == "1",
        types=tuple(data.getlist(f"{place}-types")),
        ask=tuple(data.getlist(f"{place}-ask")),
    )


def _pick(data: QueryDict, name: str) -> Pick:
    return Pick(_sent(data, f"{name}-asks"), _sent(data, f"{name}-op"), tuple(data.getlist(f"{name}-value")))


def _columns(data: QueryDict, row: str) -> tuple[Column, ...]:
    columns = []
    for n in range(1, MOST_ROWS + 1):
        place = f"{row}-c{n}"
        if f"{place}-label" not in data:
            break
        text = {name: _sent(data, f"{place}-{name}") for name in COLUMN_TEXTS}
        columns.append(Column(text=text, required=f"{place}-required" in data))
    return tuple(columns)
