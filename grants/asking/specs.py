"""A form as data: what a builder makes, what a service sets, what an earlier call's form is copied by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from grants.models import Question

Kind = Question.Kind
Condition = Mapping[str, Any]
TEXT = frozenset({Kind.SHORT, Kind.LONG, Kind.RICH})

# More than any funder asks, and little enough that no form becomes a load.
MOST_SECTIONS, MOST_QUESTIONS, MOST_OPTIONS = 30, 100, 40
MOST_WORDS, MOST_CHARACTERS = 20_000, 150_000
MOST_COLUMNS, MOST_ROWS, MOST_PEOPLE, MOST_FILES, MOST_MB = 10, 200, 100, 10, 50


@dataclass(frozen=True)
class QuestionSpec:
    """A question to be. Without a `key` one is made of the label; an answer hangs on it, so it stays over versions.

    `words`, `characters`: limits of a text. `options`: what a choice chooses from. `settings`, by kind:

    - number `{least, most, whole, unit}` · money `{least, most}` · date `{earliest, latest}` · multi `{least, most}`
    - file `{types: ["pdf", …], most_mb, most_pages, most_files}` · consent `{statement}`
    - table `{columns: [{key, label, kind, options, required}], least_rows, most_rows, sums}`; a column's kind is text,
      number, money, date or choice
    - people `{least, most, ask: ["email", "organisation", "role", "orcid"]}`; a name is always asked for

    `shown_if`, `required_if`: a condition on an earlier answer (`grants.asking.conditions`), or None.
    """

    label: str
    kind: str = Kind.LONG
    key: str = ""
    help: str = ""
    required: bool = True
    words: int | None = None
    options: Sequence[str] = ()
    characters: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    shown_if: Condition | None = None
    required_if: Condition | None = None


@dataclass(frozen=True)
class SectionSpec:
    title: str
    questions: Sequence[QuestionSpec] = ()
    help: str = ""


Asked = Question | QuestionSpec  # a question as it is kept, or to be: both are read the same way


def option_pairs(asked: Asked) -> tuple[tuple[str, str], ...]:
    """(value, words) of what a choice chooses from."""
    return tuple(
        (str(one["value"]), str(one.get("label", one["value"]))) if isinstance(one, Mapping) else (str(one), str(one))
        for one in asked.options
    )


def option_values(asked: Asked) -> list[str]:
    return [value for value, _words in option_pairs(asked)]
