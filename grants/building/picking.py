"""Conditions as they are chosen on the page: which earlier questions can be asked about, how, and against what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from grants.asking.conditions import ops_for
from grants.building.draft import Draft, Kind, Pick, Row

Choice = tuple[str, str]
ANSWERED = ("answered", "not_answered")
LISTED = ("any_of",)


@dataclass(frozen=True)
class Group:
    """Earlier questions of one section, as (handle, words)."""

    label: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Picker:
    """What the page shows for one condition. `how`: what kind of control takes the value ("": none)."""

    pick: Pick
    groups: tuple[Group, ...]
    gone: bool = False
    ops: tuple[Choice, ...] = ()
    how: str = ""
    values: tuple[Choice, ...] = ()

    @property
    def lost(self) -> list[str]:
        """Chosen answers that are not offered any more."""
        offered = dict(self.values)
        return [one for one in self.pick.values if one and one not in offered] if self.how in {"one", "many"} else []


def ops_of(kind: str) -> list[Choice]:
    """How an answer of this kind can be asked about, in words; the most likely way first."""
    words = {
        "is": _("is"),
        "is_not": _("is answered, but is not"),
        "any_of": _("is one of"),
        "includes": _("includes"),
        "at_least": _("is at least"),
        "at_most": _("is at most"),
        "answered": _("is answered"),
        "not_answered": _("is left empty"),
    }
    if kind == Kind.DATE:
        words |= {"is": _("is on"), "at_least": _("is on or after"), "at_most": _("is on or before")}
    if kind == Kind.CONSENT:
        words |= {"answered": _("is agreed to"), "not_answered": _("is not agreed to")}
    return [(op, words[op]) for op in ops_for(kind)]


def picker(draft: Draft, row: Row, pick: Pick) -> Picker:
    """The controls of a condition of `row`. One that asks about what is gone, or comes later now, is kept and marked."""
    earlier = draft.before(row.place)
    groups = _groups(draft, {one.handle for one in earlier})
    asked = next((one for one in earlier if one.handle == pick.asks), None)
    if asked is None:
        return Picker(pick, groups, gone=bool(pick.asks))
    ops = ops_of(asked.kind)
    op = pick.op if pick.op in dict(ops) else ops[0][0]
    shown = Pick(pick.asks, op, pick.values)
    return Picker(shown, groups, ops=tuple(ops), how=_how(asked.kind, op), values=tuple(_values(asked)))


def _groups(draft: Draft, handles: set[str]) -> tuple[Group, ...]:
    found = []
    for number, block in enumerate(draft.blocks, 1):
        choices = tuple((row.handle, row.label or _("(no text yet)")) for row in block.rows if row.handle in handles)
        if choices:
            found.append(Group(block.title or _("Section %(number)d") % {"number": number}, choices))
    return tuple(found)


def _how(kind: str, op: str) -> str:
    if op in ANSWERED:
        return ""
    if op in LISTED:
        return "many"
    if kind in {Kind.CHOICE, Kind.MULTI, Kind.YES_NO}:
        return "one"
    return "date" if kind == Kind.DATE else "number"


def _values(asked: Row) -> Sequence[Choice]:
    if asked.kind == Kind.YES_NO:
        return [("yes", _("Yes")), ("no", _("No"))]
    return [(one, one) for one in asked.options]


# --- in and out -----------------------------------------------------------------------------------------------------
def typed_of(condition: Mapping[str, Any] | None) -> Pick:
    """A condition as it is kept, as it would be typed."""
    if not condition:
        return Pick()
    value = condition.get("value")
    values = value if isinstance(value, list) else [] if value is None else [value]
    return Pick(str(condition["key"]), str(condition["op"]), tuple(_typed(one) for one in values))


def _typed(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def condition_of(pick: Pick, asked: Row | None, key: str) -> dict[str, Any] | None:
    """A condition as it will be kept; `key` is the one of the question that it asks about. None: there is none."""
    if not pick.asks:
        return None
    kind = asked.kind if asked else ""
    ops = dict(ops_of(kind))
    op = pick.op if pick.op in ops else next(iter(ops))
    if op in ANSWERED:
        return {"key": key, "op": op}
    if op in LISTED:
        return {"key": key, "op": op, "value": list(pick.values)}
    value: Any = pick.value.strip()
    if kind == Kind.YES_NO:
        value = {"yes": True, "no": False}.get(value, value)
    if kind in {Kind.NUMBER, Kind.MONEY}:
        value = value.replace(",", "")
    return {"key": key, "op": op, "value": value}


def words_of(draft: Draft, row: Row, pick: Pick) -> str:
    """A condition in one line, for a question that is folded: “Works with people?” is Yes."""
    asked = next((one for one in draft.before(row.place) if one.handle == pick.asks), None)
    if asked is None:
        return _("an answer that is not asked for before it")
    ops = dict(ops_of(asked.kind))
    op = pick.op if pick.op in ops else next(iter(ops))
    shown = dict(_values(asked))
    values = "" if op in ANSWERED else _(" or ").join(shown.get(one, one) for one in pick.values)
    label = asked.label or _("(no text yet)")
    if len(label) > 60:
        label = f"{label[:57].rstrip()}…"
    return " ".join(filter(None, (f"“{label}”", ops[op], values)))
