"""From one version of a form to the next: what changed in words, and what becomes of each answer."""

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from grants.asking import kinds
from grants.asking.conditions import in_words
from grants.asking.specs import TEXT, Asked, Kind, QuestionSpec, SectionSpec, option_values

COUNTED = frozenset({Kind.NUMBER, Kind.MONEY})
LINES = frozenset({Kind.NUMBER, Kind.MONEY, Kind.DATE, Kind.CHOICE})  # kept as one text, and read well as one


# --- what changed ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Change:
    """`what` is a sentence for people, `code` its name for programs. `key` is empty where the form as a whole is meant."""

    key: str
    label: str
    what: str
    code: str = "changed"

    def __str__(self) -> str:
        return f"“{self.label}”: {self.what}" if self.label else self.what


def questions_of(sections: Iterable[SectionSpec]) -> dict[str, QuestionSpec]:
    return {one.key: one for section in sections for one in section.questions}


def changes(old: Sequence[SectionSpec], new: Sequence[SectionSpec]) -> list[Change]:
    """What somebody who writes to the old form has to know of the new one, in the new one's order, what went last."""
    before, after = questions_of(old), questions_of(new)
    found = []
    for key, one in after.items():
        if key in before:
            found += _changed(before[key], one, list(after.values()))
        else:
            found.append(Change(key, one.label, _("it is new."), "added"))
    found += [
        Change(key, one.label, _("it is no longer asked. What you wrote is kept."), "removed")
        for key, one in before.items()
        if key not in after
    ]
    if not found and list(old) != list(new):
        found.append(Change("", "", _("Explanations, or the order of the questions."), "wording"))
    return found


def _changed(old: QuestionSpec, new: QuestionSpec, after: list[Asked]) -> list[Change]:
    said: list[tuple[str, str]] = []
    if old.label != new.label:
        said.append(("label", _("it was “%(label)s” before.") % {"label": old.label}))
    if old.kind != new.kind:
        said.append(("kind", _("it asks for another kind of answer: %(kind)s.") % {"kind": _kind_words(new)}))
    for name, none in (("words", _("no limit of words.")), ("characters", _("no limit of characters."))):
        if getattr(old, name) != (most := getattr(new, name)):
            said.append((name, _limit_words(name, most) if most else none))
    if old.kind == new.kind and list(old.options) != list(new.options):
        said.append(("options", _("other answers to choose from.")))
    if old.kind == new.kind and dict(old.settings) != dict(new.settings):
        said.append(("settings", _("other limits, or other things asked for.")))
    if (old.required, old.required_if) != (new.required, new.required_if):
        said.append(("required", _required_words(new, after)))
    if old.shown_if != new.shown_if:
        words = in_words(new.shown_if, after)
        said.append(("shown", _("it is asked only if %(if)s.") % {"if": words} if words else _("it is always asked.")))
    if not said and old.help != new.help:
        said.append(("help", _("its explanation changed.")))
    return [Change(new.key, new.label, what, code) for code, what in said]


def _kind_words(asked: Asked) -> str:
    return str(Kind(asked.kind).label).lower()


def _limit_words(name: str, most: int) -> str:
    words = _("at most %(most)s words.") if name == "words" else _("at most %(most)s characters.")
    return words % {"most": f"{most:,}"}


def _required_words(new: QuestionSpec, after: list[Asked]) -> str:
    if new.required:
        return _("it must be answered.")
    if new.required_if:
        return _("it must be answered if %(if)s.") % {"if": in_words(new.required_if, after)}
    return _("it is optional.")


# --- what becomes of an answer --------------------------------------------------------------------------------------
class Fate(enum.Enum):
    """Of all answers to one question: they stay as they are, they have no place any more, or each must be looked at."""

    STAYS = "stays"
    GOES = "goes"
    DEPENDS = "depends"


@dataclass(frozen=True)
class Carried:
    """`value` is what the new question has of it; `whole` says that this is all of it, so that nothing needs keeping."""

    value: Any
    whole: bool


def fate(old: Asked | None, new: Asked | None) -> Fate:
    if old is None or new is None or Kind.FILE in {old.kind, new.kind}:
        return Fate.GOES
    if old.kind == new.kind:
        return _fate_in_kind(old, new)
    if new.kind in TEXT and old.kind in TEXT | LINES:
        return Fate.STAYS
    if {old.kind, new.kind} <= COUNTED:
        return Fate.STAYS
    if new.kind in {Kind.CHOICE, Kind.MULTI} and old.kind in {Kind.CHOICE, *TEXT}:
        return Fate.DEPENDS
    return Fate.GOES


def _fate_in_kind(old: Asked, new: Asked) -> Fate:
    if old.kind == Kind.CONSENT:
        same = (old.label, old.settings.get("statement")) == (new.label, new.settings.get("statement"))
        return Fate.STAYS if same else Fate.GOES  # nobody agreed to the other words
    if old.kind in {Kind.CHOICE, Kind.MULTI}:
        return Fate.STAYS if set(option_values(old)) <= set(option_values(new)) else Fate.DEPENDS
    if grid := kinds.grid_of(new):
        same_cells = [_cell(one) for one in grid.columns(old)] == [_cell(one) for one in grid.columns(new)]
        return Fate.STAYS if same_cells else Fate.DEPENDS
    return Fate.STAYS


def _cell(column: QuestionSpec) -> tuple[str, str, tuple[str, ...]]:
    return column.key, column.kind, tuple(column.options)


def carried(old: Asked | None, new: Asked | None, value: Any) -> Carried:
    """What `new` can take of an answer to `old`. What it can't is lost unless the caller keeps the answer."""
    if old is not None and kinds.is_empty(old, value):
        return Carried(kinds.nothing(new) if new else None, whole=True)
    what = fate(old, new)
    if new is None or old is None or what is Fate.GOES:
        return Carried(kinds.nothing(new) if new else None, whole=False)
    if what is Fate.STAYS:
        return Carried(value, whole=True)
    if kinds.grid_of(new):
        return _carried_rows(old, new, value)
    return _carried_choice(new, value)


def _carried_choice(new: Asked, value: Any) -> Carried:
    given = value if isinstance(value, list) else [value]
    left = [one for one in option_values(new) if one in given]
    whole = len(left) == len(given)
    if new.kind == Kind.MULTI:
        return Carried(left, whole)
    return Carried(left[0] if left else "", whole)


def _carried_rows(old: Asked, new: Asked, value: Any) -> Carried:
    """Cells whose column is still there and takes them."""
    grid = kinds.grid_of(new)
    assert grid is not None
    before = {one.key: one for one in grid.columns(old)}
    columns = [(one, before.get(one.key)) for one in grid.columns(new)]
    whole, rows = True, []
    for row in value if isinstance(value, list) else [value]:
        if not isinstance(row, Mapping):
            whole = False
            continue
        kept = {one.key: row[one.key] if _takes(was, one, row.get(one.key)) else "" for one, was in columns}
        whole = whole and all(cell in (None, "") or kept.get(key) == cell for key, cell in row.items())
        rows.append(kept)
    return Carried([row for row in rows if any(row.values())], whole)


def _takes(was: QuestionSpec | None, column: QuestionSpec, cell: Any) -> bool:
    if was is None or cell in (None, ""):
        return False
    what = fate(was, column)
    return what is Fate.STAYS or (what is Fate.DEPENDS and cell in option_values(column))
