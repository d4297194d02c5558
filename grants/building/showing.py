"""What the builder's page shows: each part with its controls, only those that its kind of answer has, and what is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from grants.asking.files import TYPE_WORDS
from grants.asking.grids import ABOUT_PEOPLE
from grants.asking.specs import MOST_CHARACTERS, TEXT
from grants.building.draft import LISTS, TEXTS, TICKS, Block, Column, Draft, Kind, Row
from grants.building.picking import Choice, Picker, picker, words_of
from grants.building.writing import CHOOSING, SETTINGS

_ALWAYS = frozenset({"label", "kind", "key", "help", "need"})


@dataclass(frozen=True)
class Setting:
    """One control of a kind. `control`: number, text, date, area, tick or ticks."""

    name: str
    label: str
    control: str
    value: str = ""
    hint: str = ""
    choices: tuple[Choice, ...] = ()
    chosen: tuple[str, ...] = ()
    on: bool = False
    after: str = ""
    problem: str = ""


@dataclass(frozen=True)
class ShownColumn:
    column: Column
    number: int
    problems: Mapping[str, str]
    first: bool
    last: bool


@dataclass(frozen=True)
class ShownRow:
    """`kept`: what was typed for other kinds of answers, posted along so that changing one's mind loses nothing.
    `notes`: the question in short, for when it is folded. `asked`: later questions depend on it."""

    row: Row
    number: int
    kind_label: str
    settings: tuple[Setting, ...]
    columns: tuple[ShownColumn, ...]
    kept: tuple[tuple[str, str], ...]
    problems: Mapping[str, str]
    shown: Picker
    needed: Picker
    shown_words: str
    needed_words: str
    notes: tuple[str, ...]
    first: bool
    last: bool
    asked: bool


@dataclass(frozen=True)
class ShownBlock:
    block: Block
    number: int
    rows: tuple[ShownRow, ...]
    problems: Mapping[str, str]
    first: bool
    last: bool


@dataclass(frozen=True)
class Trouble:
    """A line of the summary on top: where it is, and what."""

    field: str
    where: str
    message: str


def shown(draft: Draft) -> list[ShownBlock]:
    asked = {pick.asks for row in draft.rows for pick in (row.shown, row.needed)} - {""}
    last = len(draft.blocks)
    number, found = 0, []
    for n, block in enumerate(draft.blocks, 1):
        rows = []
        for row in block.rows:
            number += 1
            rows.append(_shown_row(draft, row, number, asked))
        own = {k.rpartition("-")[2]: v for k, v in draft.problems.items() if k.rpartition("-")[0] == block.place}
        found.append(ShownBlock(block, n, tuple(rows), own, n == 1, n == last))
    return found


def shown_one(draft: Draft, place: str) -> ShownRow | None:
    """One question alone, for a part of the page."""
    rows = (one for block in shown(draft) for one in block.rows)
    return next((one for one in rows if one.row.place == place), None)


def troubles(draft: Draft) -> list[Trouble]:
    """What can't be kept, in the order of the page."""
    order = {place: n for n, place in enumerate(_places(draft))}
    names = sorted(draft.problems, key=lambda name: order.get(_part_of(name), -1))
    return [Trouble(name, _where(draft, name), draft.problems[name]) for name in names]


def _part_of(name: str) -> str:
    return "-".join(part for part in name.split("-") if part[:1] in "sq" and part[1:].isdigit())


def _places(draft: Draft) -> list[str]:
    return [place for block in draft.blocks for place in (block.place, *(row.place for row in block.rows))]


def _where(draft: Draft, name: str) -> str:
    place = _part_of(name)
    for n, row in enumerate(draft.rows, 1):
        if row.place == place:
            return _("Question %(number)d") % {"number": n}
    return ""


# --- a question -----------------------------------------------------------------------------------------------------
def _shown_row(draft: Draft, row: Row, number: int, asked: set[str]) -> ShownRow:
    lead = f"{row.place}-"
    problems = {name.removeprefix(lead): words for name, words in draft.problems.items() if name.startswith(lead)}
    pick, need = picker(draft, row, row.shown), picker(draft, row, row.needed)
    settings = tuple(_settings(row, problems))
    visible = {one.name for one in settings}
    return ShownRow(
        row=row,
        number=number,
        kind_label=str(Kind(row.kind).label) if row.kind in Kind.values else "",
        settings=settings,
        columns=tuple(_columns(row, problems)) if row.kind == Kind.TABLE else (),
        kept=tuple(_kept(row, visible)),
        problems={name.replace("-", "_"): words for name, words in problems.items()},
        shown=pick,
        needed=need,
        shown_words=words_of(draft, row, row.shown) if row.shown.asks else "",
        needed_words=words_of(draft, row, row.needed) if row.need == "if" and row.needed.asks else "",
        notes=tuple(_notes(row)),
        first=row.place == "s1-q1",
        last=not draft.blocks or row.place == _last_place(draft),
        asked=row.handle in asked,
    )


def _last_place(draft: Draft) -> str:
    last = draft.blocks[-1]
    return last.rows[-1].place if last.rows else ""


def _notes(row: Row) -> list[str]:
    notes = []
    if row.kind in TEXT and row.text.get("words"):
        notes.append(_("at most %(n)s words") % {"n": row.text["words"]})
    if row.kind in TEXT and row.text.get("characters"):
        notes.append(_("at most %(n)s characters") % {"n": row.text["characters"]})
    if row.kind in CHOOSING and row.options:
        n = len(row.options)
        notes.append(ngettext("%(n)d answer to choose from", "%(n)d answers to choose from", n) % {"n": n})
    if row.kind == Kind.TABLE and row.columns:
        n = len(row.columns)
        notes.append(ngettext("%(n)d column", "%(n)d columns", n) % {"n": n})
    if row.kind == Kind.FILE and row.types:
        notes.append(", ".join(TYPE_WORDS.get(one, one) for one in row.types))
    return notes


def _columns(row: Row, problems: Mapping[str, str]) -> list[ShownColumn]:
    last = len(row.columns)
    found = []
    for n, column in enumerate(row.columns, 1):
        lead = f"c{n}-"
        own = {name.removeprefix(lead): words for name, words in problems.items() if name.startswith(lead)}
        found.append(ShownColumn(column, n, own, n == 1, n == last))
    return found


def _kept(row: Row, visible: set[str]) -> list[tuple[str, str]]:
    kept = [(name, row.text[name]) for name in TEXTS if name not in visible | _ALWAYS and row.text.get(name)]
    kept += [(name, "on") for name in TICKS if name in row.ticks and name not in visible]
    kept += [(name, value) for name in LISTS if name not in visible for value in getattr(row, name)]
    if row.kind != Kind.TABLE:
        for n, column in enumerate(row.columns, 1):
            kept += [(f"c{n}-{name}", value) for name, value in column.text.items()]
            kept += [(f"c{n}-required", "on")] if column.required else []
    return kept


# --- the controls of a kind -----------------------------------------------------------------------------------------
def _settings(row: Row, problems: Mapping[str, str]) -> list[Setting]:
    def control(name: str, label: str, kind: str = "number", **more: Any) -> Setting:
        value, problem = row.text.get(name, ""), problems.get(name, "")
        return Setting(name, label, kind, value, problem=problem, on=name in row.ticks, **more)

    kind = row.kind
    if kind in TEXT:
        return [
            control("words", _("Most words")),
            control(
                "characters",
                _("Most characters"),
                hint=_("Blanks count; at most %(n)s.") % {"n": f"{MOST_CHARACTERS:,}"},
            ),
        ]
    found = []
    if kind in CHOOSING:
        found.append(control("options", _("Answers to choose from, one on each line"), "area"))
    for name in SETTINGS.get(kind, ()):
        label, how, more = _named(kind, name)
        found.append(control(name, label, how, **more))
    if kind == Kind.NUMBER:
        found.append(control("whole", _("Whole numbers only"), "tick"))
    if kind == Kind.FILE:
        found.insert(0, control("types", _("What kind of file"), "ticks", choices=_pairs(TYPE_WORDS), chosen=row.types))
    if kind == Kind.PEOPLE:
        found.append(
            control("ask", _("Asked of each, besides the name"), "ticks", choices=_pairs(ABOUT_PEOPLE), chosen=row.ask)
        )
    if kind == Kind.TABLE:
        found.append(control("sums", _("Add up the columns with numbers"), "tick"))
    return found


def _pairs(words: Mapping[str, Any]) -> tuple[Choice, ...]:
    return tuple((name, str(label)) for name, label in words.items())


def _named(kind: str, name: str) -> tuple[str, str, dict[str, Any]]:
    """The label of a setting, what it is typed into, and more."""
    if kind == Kind.PEOPLE:
        return (_("Fewest people") if name == "least" else _("Most people")), "number", {}
    if kind == Kind.MULTI:
        return (_("Fewest chosen") if name == "least" else _("Most chosen")), "number", {}
    named: Mapping[str, tuple[str, str, dict[str, Any]]] = {
        "least": (_("Not less than"), "number", {}),
        "most": (_("Not more than"), "number", {}),
        "unit": (_("Unit"), "text", {"hint": _("Shown behind the number: GPU hours, %, km.")}),
        "earliest": (_("Not before"), "date", {}),
        "latest": (_("Not after"), "date", {}),
        "most_mb": (_("Largest size"), "number", {"after": "MB"}),
        "most_pages": (_("Most pages"), "number", {"hint": _("Of a PDF.")}),
        "most_files": (_("Most files"), "number", {}),
        "least_rows": (_("Fewest rows"), "number", {}),
        "most_rows": (_("Most rows"), "number", {}),
        "statement": (_("What they agree to"), "area", {"hint": _("The sentence beside the box that they tick.")}),
    }
    return named[name]
