"""Acts on the parts of a form in the making: adding, moving, copying, removing. What names no part changes nothing.

An act is a verb and a place (`up:s1-q2`, `copy:s3`, `add-column:s1-q2`); `move` takes the target as well
(`move:s1-q2:s3`: to the end of section 3; `move:s1-q2:s3-q1`: before that question).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from grants.building.draft import Block, Column, Draft, Pick, Row

NEW_ROW = Row(text={"kind": "long", "need": "always"}, open=True)
NEW_COLUMN = Column(text={"kind": "text"})
_Where = tuple[int, ...]  # section, question, column: counted from 0


def act_on(draft: Draft, act: str) -> Draft:
    """The form after the act, with where the reader goes on (`focus`) and what happened in words (`said`)."""
    verb, _colon, rest = act.partition(":")
    if verb == "add-section":
        return _add_section(draft, _where(draft, rest))
    if verb == "move":
        return _move_to(draft, *rest.split(":")) if rest.count(":") == 1 else draft
    where = _where(draft, rest)
    if where is None:
        return draft
    found = _ACTS.get(verb, {}).get(len(where))
    return found(draft, where) if found else draft


def added(draft: Draft, blocks: Sequence[Block]) -> Draft:
    """With ready sections at the end: what the library gives, or the usual questions."""
    fresh = replace(draft, blocks=(*draft.blocks, *blocks)).numbered()
    place = f"s{len(draft.blocks) + 1}"
    return replace(fresh, focus=f"{place}-title", said=_("Added at the end."))


def added_to(draft: Draft, place: str, rows: Sequence[Row]) -> Draft:
    """With ready questions at the end of a section; where there is none of that place, in the last one."""
    if not draft.blocks:
        return added(draft, [Block(rows=tuple(rows))])
    where = _where(draft, place) or (len(draft.blocks) - 1,)
    block = draft.blocks[where[0]]
    fresh = _with_rows(draft, where[0], [*block.rows, *rows])
    return replace(fresh, focus=f"s{where[0] + 1}-q{len(block.rows) + 1}-label", said=_("Added."))


def opened(draft: Draft, places: Sequence[str]) -> Draft:
    """With the parts unfolded that hold these fields."""
    held = {name.rpartition("-")[0] for name in places} | {"-".join(name.split("-")[:2]) for name in places}
    blocks = [
        replace(block, rows=tuple(replace(row, open=row.open or row.place in held) for row in block.rows))
        for block in draft.blocks
    ]
    return replace(draft, blocks=tuple(blocks))


# --- finding --------------------------------------------------------------------------------------------------------
def _where(draft: Draft, place: str) -> _Where | None:
    for s, block in enumerate(draft.blocks):
        if block.place == place:
            return (s,)
        for q, row in enumerate(block.rows):
            if row.place == place:
                return (s, q)
            for c, column in enumerate(row.columns):
                if column.place == place:
                    return (s, q, c)
    return None


def _with_rows(draft: Draft, section: int, rows: Sequence[Row]) -> Draft:
    blocks = list(draft.blocks)
    blocks[section] = replace(blocks[section], rows=tuple(rows))
    return replace(draft, blocks=tuple(blocks)).numbered()


def _with_columns(draft: Draft, where: _Where, columns: Sequence[Column]) -> Draft:
    rows = list(draft.blocks[where[0]].rows)
    rows[where[1]] = replace(rows[where[1]], columns=tuple(columns), open=True)
    return _with_rows(draft, where[0], rows)


def _row(draft: Draft, where: _Where) -> Row:
    return draft.blocks[where[0]].rows[where[1]]


# --- sections -------------------------------------------------------------------------------------------------------
def _add_section(draft: Draft, where: _Where | None) -> Draft:
    at = len(draft.blocks) if where is None else where[0] + 1
    blocks = [*draft.blocks[:at], Block(rows=(NEW_ROW,)), *draft.blocks[at:]]
    fresh = replace(draft, blocks=tuple(blocks)).numbered()
    return replace(fresh, focus=f"s{at + 1}-title", said=_("A section was added."))


def _move_section(draft: Draft, where: _Where, step: int) -> Draft:
    blocks, at = list(draft.blocks), where[0]
    if not 0 <= at + step < len(blocks):
        return draft
    blocks.insert(at + step, blocks.pop(at))
    verb = "up" if step < 0 else "down"
    said = _("Moved: now section %(n)d of %(all)d.") % {"n": at + step + 1, "all": len(blocks)}
    return replace(draft, blocks=tuple(blocks), focus=f"{verb}:s{at + step + 1}", said=said).numbered()


def _copy_section(draft: Draft, where: _Where) -> Draft:
    """Its questions are new ones; a condition among them asks about the copy."""
    at, block = where[0], draft.blocks[where[0]]
    blocks = [*draft.blocks[: at + 1], replace(block, rows=()), *draft.blocks[at + 1 :]]
    fresh = replace(draft, blocks=tuple(blocks)).numbered()
    fresh = _with_rows(fresh, at + 1, [_unkeyed(row) for row in block.rows])
    renamed = {old.handle: new.handle for old, new in zip(block.rows, fresh.blocks[at + 1].rows, strict=True)}
    rows = [
        replace(row, shown=_repointed(row.shown, renamed), needed=_repointed(row.needed, renamed))
        for row in fresh.blocks[at + 1].rows
    ]
    return replace(_with_rows(fresh, at + 1, rows), focus=f"s{at + 2}-title", said=_("The section was copied."))


def _repointed(pick: Pick, renamed: dict[str, str]) -> Pick:
    return replace(pick, asks=renamed.get(pick.asks, pick.asks))


def _remove_section(draft: Draft, where: _Where) -> Draft:
    blocks = [*draft.blocks[: where[0]], *draft.blocks[where[0] + 1 :]]
    focus = f"s{max(where[0], 1)}-title" if blocks else "add-section"
    return replace(draft, blocks=tuple(blocks), focus=focus, said=_("The section was removed.")).numbered()


# --- questions ------------------------------------------------------------------------------------------------------
def _unkeyed(row: Row) -> Row:
    return replace(row, handle="", text={**row.text, "key": ""})


def _insert(draft: Draft, where: _Where, row: Row, said: str) -> Draft:
    rows = list(draft.blocks[where[0]].rows)
    rows.insert(where[1], replace(row, open=True))
    fresh = _with_rows(draft, where[0], rows)
    return replace(fresh, focus=f"s{where[0] + 1}-q{where[1] + 1}-label", said=said)


def _add(draft: Draft, where: _Where) -> Draft:
    at = where[1] + 1 if len(where) == 2 else len(draft.blocks[where[0]].rows)
    return _insert(draft, (where[0], at), NEW_ROW, _("A question was added."))


def _copy(draft: Draft, where: _Where) -> Draft:
    return _insert(draft, (where[0], where[1] + 1), _unkeyed(_row(draft, where)), _("The question was copied."))


def _remove(draft: Draft, where: _Where) -> Draft:
    rows = list(draft.blocks[where[0]].rows)
    del rows[where[1]]
    focus = f"fold:s{where[0] + 1}-q{min(where[1] + 1, len(rows))}" if rows else f"add:s{where[0] + 1}"
    said = _("The question was removed. It comes back if you leave this page without saving.")
    return replace(_with_rows(draft, where[0], rows), focus=focus, said=said)


def _move(draft: Draft, where: _Where, step: int) -> Draft:
    """One place up or down; past the end of its section, into the next one."""
    section, at = where
    last = len(draft.blocks[section].rows) - 1
    if 0 <= at + step <= last:
        target: _Where = (section, at + step)
    elif not 0 <= section + step < len(draft.blocks):
        return draft
    else:
        target = (section + step, 0 if step > 0 else len(draft.blocks[section + step].rows))
    return _put(draft, where, target, verb="up" if step < 0 else "down")


def _put(draft: Draft, where: _Where, target: _Where, *, verb: str) -> Draft:
    """`target` is counted without the row itself."""
    row = _row(draft, where)
    rows = list(draft.blocks[where[0]].rows)
    del rows[where[1]]
    without = _with_rows(draft, where[0], rows)
    others = list(without.blocks[target[0]].rows)
    others.insert(target[1], row)
    place = f"s{target[0] + 1}-q{target[1] + 1}"
    said = _("Moved: now question %(n)d of section %(section)d.") % {"n": target[1] + 1, "section": target[0] + 1}
    return replace(_with_rows(without, target[0], others), focus=f"{verb}:{place}", said=said)


def _move_to(draft: Draft, place: str, target: str) -> Draft:
    where, to = _where(draft, place), _where(draft, target)
    if where is None or to is None or len(where) != 2 or len(to) > 2 or where == to:
        return draft
    same = where[0] == to[0]
    at = len(draft.blocks[to[0]].rows) - same if len(to) == 1 else to[1] - (same and where[1] < to[1])
    return _put(draft, where, (to[0], at), verb="fold")


# --- columns --------------------------------------------------------------------------------------------------------
def _add_column(draft: Draft, where: _Where) -> Draft:
    columns = [*_row(draft, where).columns, NEW_COLUMN]
    fresh = _with_columns(draft, where, columns)
    return replace(fresh, focus=f"{_row(fresh, where).place}-c{len(columns)}-label", said=_("A column was added."))


def _move_column(draft: Draft, where: _Where, step: int) -> Draft:
    columns, at = list(_row(draft, where).columns), where[2]
    if not 0 <= at + step < len(columns):
        return draft
    columns.insert(at + step, columns.pop(at))
    fresh, verb = _with_columns(draft, where, columns), "up" if step < 0 else "down"
    place = f"{_row(fresh, where).place}-c{at + step + 1}"
    return replace(fresh, focus=f"{verb}:{place}", said=_("The column was moved."))


def _remove_column(draft: Draft, where: _Where) -> Draft:
    columns = list(_row(draft, where).columns)
    del columns[where[2]]
    fresh = _with_columns(draft, where, columns)
    return replace(fresh, focus=f"add-column:{_row(fresh, where).place}", said=_("The column was removed."))


_ACTS: dict[str, dict[int, Callable[[Draft, Any], Draft]]] = {
    "add": {1: _add, 2: _add},
    "add-column": {2: _add_column},
    "copy": {1: _copy_section, 2: _copy},
    "remove": {1: _remove_section, 2: _remove, 3: _remove_column},
    "up": {
        1: lambda draft, where: _move_section(draft, where, -1),
        2: lambda draft, where: _move(draft, where, -1),
        3: lambda draft, where: _move_column(draft, where, -1),
    },
    "down": {
        1: lambda draft, where: _move_section(draft, where, 1),
        2: lambda draft, where: _move(draft, where, 1),
        3: lambda draft, where: _move_column(draft, where, 1),
    },
}
