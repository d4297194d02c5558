"""A form as it stands on the builder's page: everything as typed, right or wrong, and where each part is in the page.

Names of fields: `s1-title`, `s1-q2-label`, `s1-q2-c3-label`, … counted from 1 in the order of the page. A part that is not
saved yet has no key: its `handle` (`*4`) stands for it, so that conditions can ask about it at once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from grants.models import Question

Kind = Question.Kind
MOST_ROWS = 1_000  # more than can be kept: what is too much is refused, not dropped
NEW = "*"  # begins the handle of what is not saved; no key can hold it

# What is typed for a question besides its conditions, and for a column of a table.
TEXTS = (
    *("label", "kind", "key", "help", "need", "words", "characters", "options", "least", "most", "unit", "earliest"),
    *("latest", "most_mb", "most_pages", "most_files", "least_rows", "most_rows", "statement"),
)
TICKS = ("whole", "sums")
LISTS = ("types", "ask")
COLUMN_TEXTS = ("label", "kind", "key", "options")


@dataclass(frozen=True)
class Pick:
    """A condition as typed: the handle of the question that it asks about (empty: none), how, and against what."""

    asks: str = ""
    op: str = ""
    values: tuple[str, ...] = ()

    @property
    def value(self) -> str:
        return self.values[0] if self.values else ""


@dataclass(frozen=True)
class Column:
    """A column of a table as typed."""

    place: str = ""
    text: Mapping[str, str] = field(default_factory=dict)
    required: bool = False


@dataclass(frozen=True)
class Row:
    """A question as typed. `place` is the prefix of its fields; `problems` and `warnings` are by the name of the field."""

    place: str = ""
    handle: str = ""
    text: Mapping[str, str] = field(default_factory=dict)
    ticks: frozenset[str] = frozenset()
    types: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    shown: Pick = field(default_factory=Pick)
    needed: Pick = field(default_factory=Pick)
    open: bool = False

    @property
    def label(self) -> str:
        return self.text.get("label", "")

    @property
    def kind(self) -> str:
        return self.text.get("kind", "")

    @property
    def key(self) -> str:
        return self.text.get("key", "")

    @property
    def need(self) -> str:
        return self.text.get("need", "always")

    @property
    def options(self) -> tuple[str, ...]:
        """The lines to choose from, as they will be kept."""
        return lines(self.text.get("options", ""))


@dataclass(frozen=True)
class Block:
    """A section as typed."""

    place: str = ""
    title: str = ""
    help: str = ""
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Draft:
    """`problems`: what can't be kept as it is, by the name of its field. `focus`: the field that the reader goes on with;
    `said`: what happened, for those who do not see it."""

    blocks: tuple[Block, ...] = ()
    problems: Mapping[str, str] = field(default_factory=dict)
    focus: str = ""
    said: str = ""

    def numbered(self) -> "Draft":
        """With each part's place in the page set, and a handle for each question."""
        blocks = tuple(
            replace(
                block,
                place=f"s{number}",
                rows=tuple(_placed(row, f"s{number}-q{n}") for n, row in enumerate(block.rows, 1)),
            )
            for number, block in enumerate(self.blocks, 1)
        )
        return replace(self, blocks=_handled(blocks))

    @property
    def rows(self) -> Iterator[Row]:
        return (row for block in self.blocks for row in block.rows)

    @property
    def questions(self) -> int:
        return sum(len(block.rows) for block in self.blocks)

    def before(self, place: str) -> list[Row]:
        """The questions that stand before this one: those that a condition may ask about."""
        found: list[Row] = []
        for row in self.rows:
            if row.place == place:
                break
            found.append(row)
        return found


def lines(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (" ".join(line.split()) for line in text.splitlines())))


def _placed(row: Row, place: str) -> Row:
    columns = tuple(replace(column, place=f"{place}-c{n}") for n, column in enumerate(row.columns, 1))
    return replace(row, place=place, columns=columns)


def _number(handle: str) -> int:
    number = handle.removeprefix(NEW)
    return int(number) if number != handle and number.isascii() and number.isdigit() and len(number) < 8 else 0


def _handled(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    last = max((_number(row.handle) for block in blocks for row in block.rows), default=0)
    done = []
    for block in blocks:
        rows = []
        for row in block.rows:
            handle = row.handle or row.key
            if not handle:
                last += 1
                handle = f"{NEW}{last}"
            rows.append(replace(row, handle=handle))
        done.append(replace(block, rows=tuple(rows)))
    return tuple(done)
