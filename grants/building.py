"""The form builder: what an officer typed, turned into sections and questions, and back; adding, moving, removing rows.

Names of fields: `s1-title`, `s1-q2-label`, … counted from 1 in the order of the page. Nothing is kept before it is saved.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from core.errors import InvalidInput
from grants.models import Question
from grants.services.forms import QuestionSpec, SectionSpec

MOST_ROWS = 100


@dataclass(frozen=True)
class Row:
    """A question as typed. `place` is the prefix of its fields."""

    place: str = ""
    label: str = ""
    kind: str = Question.Kind.LONG
    key: str = ""
    help: str = ""
    required: bool = True
    words: str = ""
    options: str = ""
    error: str = ""


@dataclass(frozen=True)
class Block:
    """A section as typed."""

    place: str = ""
    title: str = ""
    help: str = ""
    rows: tuple[Row, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class Draft:
    blocks: tuple[Block, ...] = field(default_factory=tuple)

    def numbered(self) -> "Draft":
        """With each part's place in the page set."""
        return Draft(
            tuple(
                replace(
                    block,
                    place=f"s{number}",
                    rows=tuple(replace(row, place=f"s{number}-q{n}") for n, row in enumerate(block.rows, 1)),
                )
                for number, block in enumerate(self.blocks, 1)
            )
        )

    @property
    def questions(self) -> int:
        return sum(len(block.rows) for block in self.blocks)


def from_specs(sections: list[SectionSpec]) -> Draft:
    return Draft(
        tuple(
            Block(title=one.title, help=one.help, rows=tuple(_row(question) for question in one.questions))
            for one in sections
        )
    ).numbered()


def _row(one: QuestionSpec) -> Row:
    words, options = str(one.words or ""), "\n".join(one.options)
    return Row("", one.label, one.kind, one.key, one.help, one.required, words, options)


def from_post(data: Mapping[str, Any]) -> Draft:
    """What was typed, as far as rows follow each other without a gap."""
    blocks = []
    for number in range(1, MOST_ROWS + 1):
        if f"s{number}-title" not in data:
            break
        rows = []
        for n in range(1, MOST_ROWS + 1):
            place = f"s{number}-q{n}"
            if f"{place}-label" not in data:
                break
            text = {
                name: str(data.get(f"{place}-{name}", ""))
                for name in ("label", "kind", "key", "help", "words", "options")
            }
            rows.append(Row(required=f"{place}-required" in data, **text))
        blocks.append(
            Block(title=str(data[f"s{number}-title"]), help=str(data.get(f"s{number}-help", "")), rows=tuple(rows))
        )
    return Draft(tuple(blocks)).numbered()


def to_specs(draft: Draft) -> list[SectionSpec]:
    """Raises `InvalidInput` with the field that can't be read; the service checks the rest."""
    return [SectionSpec(block.title, tuple(_spec(row) for row in block.rows), block.help) for block in draft.blocks]


def _spec(row: Row) -> QuestionSpec:
    words = row.words.strip().replace(",", "")
    if words and not (words.isascii() and words.isdigit()):
        raise InvalidInput(_("The word limit is a whole number."), field=f"{row.place}-words")
    options = tuple(line.strip() for line in row.options.splitlines() if line.strip())
    return QuestionSpec(row.label, row.kind, row.key, row.help, row.required, int(words) if words else None, options)


def with_error(draft: Draft, error: InvalidInput) -> Draft:
    """The refusal put beside the part that it is about."""
    place = (error.field or "").rpartition("-")[0]
    blocks = []
    for block in draft.blocks:
        rows = tuple(replace(row, error=error.message) if row.place == place else row for row in block.rows)
        blocks.append(replace(block, rows=rows, error=error.message if block.place == place else ""))
    return Draft(tuple(blocks))


# --- acts on rows ---------------------------------------------------------------------------------------------------
def act_on(draft: Draft, act: str) -> Draft:
    """`add-section`, or `add`/`remove`/`up`/`down` with a place: `up:s1-q2`. What names no part changes nothing."""
    if act == "add-section":
        return Draft((*draft.blocks, Block(rows=(Row(),)))).numbered()
    verb, _colon, place = act.partition(":")
    blocks = list(draft.blocks)
    for number, block in enumerate(draft.blocks):
        if block.place == place:
            if verb == "add":
                blocks[number] = replace(block, rows=(*block.rows, Row()))
            else:
                _MOVES.get(verb, _stay)(blocks, number)
            return Draft(tuple(blocks)).numbered()
        rows = list(block.rows)
        for n, row in enumerate(block.rows):
            if row.place == place:
                _MOVES.get(verb, _stay)(rows, n)
                blocks[number] = replace(block, rows=tuple(rows))
                return Draft(tuple(blocks)).numbered()
    return draft


def _stay(_items: list[Any], _place: int) -> None:
    pass


def _remove(items: list[Any], place: int) -> None:
    del items[place]


def _up(items: list[Any], place: int) -> None:
    if place:
        items[place - 1], items[place] = items[place], items[place - 1]


def _down(items: list[Any], place: int) -> None:
    if place + 1 < len(items):
        items[place + 1], items[place] = items[place], items[place + 1]


_MOVES: dict[str, Callable[[list[Any], int], None]] = {"remove": _remove, "up": _up, "down": _down}
