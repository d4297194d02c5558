"""Questions answered in rows: a table with columns of the funder's own, and people."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import InvalidInput
from core.text import clean_line, clean_text
from grants.asking.base import Manner, Problem, in_order, over, plain, short_of, whole_setting
from grants.asking.choices import Choice
from grants.asking.numbers import Day, Money, Number, decimal_or_none
from grants.asking.specs import MOST_COLUMNS, MOST_OPTIONS, MOST_PEOPLE, MOST_ROWS, Asked, Kind, QuestionSpec
from grants.asking.texts import Text

LONGEST_CELL = 2_000
Row = Mapping[str, Any]
# A cell is answered as a question of this kind would be.
CELLS: Mapping[str, tuple[str, Manner]] = {
    "text": (Kind.SHORT, Text()),
    "number": (Kind.NUMBER, Number()),
    "money": (Kind.MONEY, Money()),
    "date": (Kind.DATE, Day()),
    "choice": (Kind.CHOICE, Choice()),
}
COLUMN_KINDS = {
    "text": gettext_lazy("Text"),
    "number": gettext_lazy("Number"),
    "money": gettext_lazy("Amount of money"),
    "date": gettext_lazy("Date"),
    "choice": gettext_lazy("One of several"),
}
SUMMED = frozenset({"number", "money"})
ABOUT_PEOPLE = {
    "email": gettext_lazy("Email"),
    "organisation": gettext_lazy("Organisation"),
    "role": gettext_lazy("Role"),
    "orcid": gettext_lazy("ORCID"),
}
_ORCID = re.compile(r"[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]")


class Grid(Manner):
    """Rows of cells. A cell that is empty is kept as "", a row that is empty not at all."""

    most_of_all = MOST_ROWS

    def __init__(self) -> None:
        self.nothing: Any = []

    def columns(self, asked: Asked) -> list[QuestionSpec]:
        """Each column as the question that its cells answer."""
        raise NotImplementedError

    def bounds(self, asked: Asked) -> tuple[int, int]:
        """How many rows there must be, and may be."""
        raise NotImplementedError

    def clean(self, asked: Asked, value: Any, currency: str) -> Any:
        if value in (None, ""):
            return []
        if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
            raise InvalidInput(_("Send a list of rows."), field=asked.key)
        columns = {one.key: one for one in self.columns(asked)}
        if len(value) > self.most_of_all:
            words = _("At most %(most)d rows can be kept.")
            raise InvalidInput(words % {"most": self.most_of_all}, field=asked.key)
        rows = [self._row(asked, row, columns, number, currency) for number, row in enumerate(value, 1)]
        return [row for row in rows if any(row.values())]

    def _row(
        self, asked: Asked, row: Row, columns: Mapping[str, QuestionSpec], number: int, currency: str
    ) -> dict[str, str]:
        if strange := set(row) - set(columns):
            words = _("There is no column “%(name)s”.")
            raise InvalidInput(words % {"name": str(min(map(str, strange)))[:60]}, field=asked.key)
        kept = {}
        for key, column in columns.items():
            try:
                kept[key] = self._cell(column, row.get(key), currency)
            except InvalidInput as error:
                words = _("Row %(row)d, “%(column)s”: %(reason)s")
                message = words % {"row": number, "column": column.label, "reason": error.message}
                raise InvalidInput(message, field=asked.key) from None
        return kept

    def _cell(self, column: QuestionSpec, value: Any, currency: str) -> str:
        if column.kind == Kind.SHORT:
            return clean_text(value or "", longest=LONGEST_CELL).strip()
        manner = _manner_of(column)
        return manner.clean(column, value.strip() if isinstance(value, str) else value, currency) or ""

    def limits(self, asked: Asked, value: Any, currency: str) -> list[Problem]:
        rows, names = _rows(value), {"question": asked.label}
        least, most = self.bounds(asked)
        found = []
        if len(rows) < least:
            found.append(short_of(_("“%(question)s” needs at least %(least)d rows.") % {**names, "least": least}))
        if len(rows) > most:
            found.append(over(_("“%(question)s” takes at most %(most)d rows.") % {**names, "most": most}))
        for column in self.columns(asked):
            for number, row in enumerate(rows, 1):
                if problem := self._cell_problem(column, row.get(column.key, ""), currency):
                    words = _("“%(question)s”, row %(row)d: %(problem)s")
                    said = words % {**names, "row": number, "problem": problem}
                    found.append(short_of(said))
        return found[:10]

    def _cell_problem(self, column: QuestionSpec, value: Any, currency: str) -> str:  # noqa: ARG002
        return _("“%(column)s” is empty.") % {"column": column.label} if column.required and not value else ""

    def is_empty(self, value: Any) -> bool:
        return super().is_empty(value) or (isinstance(value, list) and not any(map(plain, value)))

    # --- shown ----------------------------------------------------------------------------------------------------
    def table(self, asked: Asked, value: Any, currency: str) -> list[list[str]]:
        """The cells in words, row by row; what a row holds that no column is for stands at its end."""
        columns = self.columns(asked)
        known = {column.key for column in columns}
        return [
            [
                *(_manner_of(column).text(column, row.get(column.key), currency) for column in columns),
                *(plain(cell) for key, cell in row.items() if key not in known),
            ]
            for row in _rows(value)
        ]

    def sums(self, asked: Asked, value: Any, currency: str) -> dict[str, str]:
        """What the columns that are summed come to, in words, by the column's key."""
        rows, found = _rows(value), {}
        for column in self.columns(asked):
            if asked.settings.get("sums") and column.kind in {Kind.NUMBER, Kind.MONEY}:
                cells = (decimal_or_none(row.get(column.key)) for row in rows)
                total = sum((cell for cell in cells if cell is not None), Decimal(0))
                found[column.key] = _manner_of(column).text(column, f"{total:f}", currency)
        return found

    def text(self, asked: Asked, value: Any, currency: str) -> str:
        """One line for each row, with a bar between the cells, and the columns' names above."""
        head = [column.label for column in self.columns(asked)]
        rows = [[" ".join(cell.split()) for cell in row] for row in self.table(asked, value, currency)]
        sums = self.sums(asked, value, currency)
        foot = [[_("Total"), *(f"{self._label(asked, key)}: {total}" for key, total in sums.items())]] if sums else []
        return "\n".join(" | ".join(row) for row in [head, *rows, *foot])

    def _label(self, asked: Asked, key: str) -> str:
        return next(column.label for column in self.columns(asked) if column.key == key)

    def html(self, asked: Asked, value: Any, currency: str) -> SafeString:
        columns, sums = self.columns(asked), self.sums(asked, value, currency)
        classes = ["r" if column.kind in {Kind.NUMBER, Kind.MONEY} else "" for column in columns]
        head = format_html_join(
            "", '<th scope="col" class="{}">{}</th>', zip(classes, (c.label for c in columns), strict=True)
        )
        rows = [
            format_html_join("", '<td class="{}">{}</td>', zip([*classes, *[""] * len(row)], row, strict=False))
            for row in self.table(asked, value, currency)
        ]
        body = format_html_join("", "<tr>{}</tr>", ((row,) for row in rows))
        cells = [sums.get(column.key, "") for column in columns]
        cells[:1] = [cells[0] or _("Total")] if cells else []
        total = format_html_join("", '<td class="{}">{}</td>', zip(classes, cells, strict=True))
        foot = format_html("<tfoot><tr>{}</tr></tfoot>", total) if sums else ""
        return format_html(
            '<div class="answer-grid"><table class="table"><thead><tr>{}</tr></thead><tbody>{}</tbody>{}</table></div>',
            head,
            body,
            foot,
        )


def _rows(value: Any) -> list[Row]:
    """The rows of whatever was stored."""
    given: Sequence[Any] = value if isinstance(value, list) else [value]
    return [row if isinstance(row, Mapping) else {"": row} for row in given if row not in (None, "", [], {})]


def _manner_of(column: QuestionSpec) -> Manner:
    return next(manner for kind, manner in CELLS.values() if kind == column.kind)


class Table(Grid):
    def columns(self, asked: Asked) -> list[QuestionSpec]:
        return [
            QuestionSpec(
                label=str(one["label"]),
                kind=CELLS[one["kind"]][0],
                key=str(one["key"]),
                required=bool(one.get("required")),
                options=tuple(one.get("options", ())),
            )
            for one in asked.settings.get("columns", ())
        ]

    def bounds(self, asked: Asked) -> tuple[int, int]:
        return asked.settings.get("least_rows", 0), asked.settings.get("most_rows", MOST_ROWS)

    def settings(self, spec: QuestionSpec, place: str) -> dict[str, Any]:
        given = spec.settings.get("columns") or ()
        if not isinstance(given, list | tuple) or not 1 <= len(given) <= MOST_COLUMNS:
            words = _("“%(label)s”: give the table between 1 and %(most)d columns.")
            raise InvalidInput(words % {"label": spec.label, "most": MOST_COLUMNS}, field=f"{place}-columns")
        taken = {str(one.get("key")) for one in given if isinstance(one, Mapping)}
        columns: list[dict[str, Any]] = []
        for one in given:
            columns.append(_column(spec, one, taken | {c["key"] for c in columns}, place))
        if len({column["key"] for column in columns}) < len(columns):
            raise InvalidInput(_("Two columns have the same key."), field=f"{place}-columns")
        found = {
            **whole_setting(spec, "least_rows", place, most=MOST_ROWS),
            **whole_setting(spec, "most_rows", place, most=MOST_ROWS),
        }
        in_order(spec, found, ("least_rows", "most_rows"), place)
        sums = {"sums": True} if spec.settings.get("sums") in (True, "on", "yes", "true") else {}
        return {"columns": columns, **found, **sums}


def _column(spec: QuestionSpec, given: Any, taken: set[str], place: str) -> dict[str, Any]:
    """One column as it is kept; without a key it gets one of its label."""
    field = f"{place}-columns"
    one = given if isinstance(given, Mapping) else {}
    label = clean_line(one.get("label") or "", field=field, longest=80)
    if not label:
        raise InvalidInput(_("“%(label)s”: a column has no name.") % {"label": spec.label}, field=field)
    kind = one.get("kind") or "text"
    if not isinstance(kind, str) or kind not in CELLS:
        raise InvalidInput(_("“%(label)s”: choose what goes into the column.") % {"label": label}, field=field)
    offered = one.get("options") or ()
    offered = [offered] if isinstance(offered, str) else offered
    options = list(dict.fromkeys(filter(None, (clean_line(o, field=field, longest=200) for o in offered))))
    if kind == "choice" and not 2 <= len(options) <= MOST_OPTIONS:
        words = _("“%(label)s”: give between 2 and %(most)d answers to choose from.")
        raise InvalidInput(words % {"label": label, "most": MOST_OPTIONS}, field=field)
    key = clean_line(one.get("key") or "", field=field, longest=40) or _column_key(label, taken)
    if slugify(key) != key and not key.isidentifier():
        raise InvalidInput(_("“%(key)s” can't be a key.") % {"key": key}, field=field)
    kept: dict[str, Any] = {"key": key, "label": label, "kind": kind, "required": bool(one.get("required"))}
    return {**kept, "options": options} if kind == "choice" else kept


def _column_key(label: str, taken: set[str]) -> str:
    base = slugify(label).replace("-", "_")[:32].strip("_") or "column"
    key, number = base, 1
    while key in taken:
        number += 1
        key = f"{base}_{number}"
    return key


class People(Grid):
    """A name of each, and what else is asked about them. They name people: not shown where names are not."""

    most_of_all = MOST_PEOPLE

    def columns(self, asked: Asked) -> list[QuestionSpec]:
        more = [name for name in ABOUT_PEOPLE if name in asked.settings.get("ask", ())]
        return [
            QuestionSpec(_("Name"), Kind.SHORT, "name"),
            *(QuestionSpec(str(ABOUT_PEOPLE[name]), Kind.SHORT, name, required=False) for name in more),
        ]

    def bounds(self, asked: Asked) -> tuple[int, int]:
        return asked.settings.get("least", 0), asked.settings.get("most", MOST_PEOPLE)

    def settings(self, spec: QuestionSpec, place: str) -> dict[str, Any]:
        found = {
            **whole_setting(spec, "least", place, most=MOST_PEOPLE),
            **whole_setting(spec, "most", place, most=MOST_PEOPLE),
        }
        in_order(spec, found, ("least", "most"), place)
        given = spec.settings.get("ask") or ()
        ask = [name for name in ABOUT_PEOPLE if name in given]
        return {**found, "ask": ask}

    def _cell_problem(self, column: QuestionSpec, value: Any, currency: str) -> str:
        text = plain(value)
        if column.key == "email" and text and not _is_email(text):
            return _("“%(text)s” is no email address.") % {"text": text[:80]}
        if column.key == "orcid" and text and not is_orcid(text):
            return _("“%(text)s” is no ORCID, like 0000-0002-1825-0097.") % {"text": text[:80]}
        return super()._cell_problem(column, value, currency)


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def is_orcid(text: str) -> bool:
    """By form and check digit (ISO 7064, mod 11-2), as orcid.org makes them; with or without its address before."""
    text = text.strip().removeprefix("https://orcid.org/")
    if not _ORCID.fullmatch(text):
        return False
    total = 0
    for digit in text.replace("-", "")[:-1]:
        total = (total + int(digit)) * 2
    return "0123456789X"[(12 - total % 11) % 11] == text[-1]
