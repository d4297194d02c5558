"""Tables as files that a spreadsheet opens: CSV and XLSX, in which no text ever runs as a formula."""

import csv
import datetime as dt
import hashlib
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import IO, Any, Protocol

from django.utils import timezone
from django.utils.translation import gettext as _
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from core.errors import DomainError
from core.money import minor_units

PROGRESS_EVERY = 1_000
XLSX_ROWS = 1_048_576
XLSX_CELL = 32_767
XLSX_EXACT_DIGITS = 15
# What makes a spreadsheet read a text cell as a formula, full-width forms included, and what some skip on the way to it.
FORMULA_STARTS = tuple("=+-@＝＋－＠")
CONTROLS = tuple("\t\r\n")
INVISIBLE = " \t\r\n\v\f\0\u00a0\u200b\u3000\ufeff"
CUT = " … [cut: a cell holds 32,767 characters; the CSV export has all]"

Progress = Callable[[int], bool]


class ExportCancelled(DomainError):
    """The progress callback answered False: somebody cancelled the export."""

    code = "cancelled"


class TooManyRows(DomainError):
    """An XLSX sheet ends at 1,048,576 rows."""

    code = "too_many_rows"


class ExportColumn(Protocol):
    """What a column must say of itself; `core.lists.Column` does."""

    @property
    def key(self) -> str: ...
    @property
    def label(self) -> Any: ...
    @property
    def kind(self) -> str: ...
    @property
    def currency(self) -> str | None: ...
    @property
    def total(self) -> bool: ...


@dataclass(frozen=True)
class About:
    """What the file is, for the second sheet: drawn for whom, when, as of which day, with which filters and totals."""

    title: str
    made_for: str
    made_at: dt.datetime
    as_of: dt.date | None = None
    filters: Sequence[tuple[str, str]] = ()
    totals: Mapping[str, Sequence[tuple[Decimal, str]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Written:
    """How many rows were written, and the SHA-256 of their values (see `row_digest`), the same for CSV and XLSX."""

    rows: int
    checksum: str


def defused(text: str) -> str:
    """`text` so that a spreadsheet shows it: with an apostrophe before what it would take for a formula."""
    return f"'{text}" if text.lstrip(INVISIBLE).startswith(FORMULA_STARTS) or text.startswith(CONTROLS) else text


def row_digest(row: Sequence[str]) -> bytes:
    """One row's values for the checksum: UTF-8, each behind its length in bytes, so that no two rows read the same."""
    return b"".join(b"%d:%s" % (len(value), value) for value in (cell.encode() for cell in row))


def text_of(value: Any, column: ExportColumn, currency: str) -> str:
    """A value as exports write it: ISO dates, instants in the current zone with their offset, money at its decimals."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, dt.datetime):
        return timezone.localtime(value).isoformat(timespec="seconds")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return money_text(value, currency) if column.kind == "money" else f"{value:f}"
    return str(value)


def money_text(amount: Decimal, currency: str) -> str:
    """At the currency's decimals, or at all of its own where it has finer ones: an export never rounds money away."""
    digits = minor_units(currency) if currency else 2
    exact = round(amount, digits)
    return f"{exact:.{digits}f}" if exact == amount else f"{amount.normalize():f}"


def is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def heading(column: ExportColumn) -> str:
    """The column's label, with the zone of its instants."""
    if column.kind == "datetime":
        return f"{column.label} ({timezone.get_current_timezone_name()})"
    return str(column.label)


def _currency_reader(columns: Sequence[ExportColumn]) -> Callable[[int, Sequence[Any]], str]:
    """(index of a column, row) → the currency of that cell, from the row's own column of currencies."""
    places = {column.key: i for i, column in enumerate(columns)}
    of = [places.get(column.currency) if column.currency else None for column in columns]

    def read(index: int, row: Sequence[Any]) -> str:
        place = of[index]
        return "" if place is None else str(row[place] or "")

    return read


def _counted(rows: Iterable[Sequence[Any]], progress: Progress | None) -> Iterator[Sequence[Any]]:
    """`rows`, telling `progress` how many are done at the start of each thousand; stops by an error when it says no."""
    for done, row in enumerate(rows):
        if progress is not None and done % PROGRESS_EVERY == 0 and not progress(done):
            raise ExportCancelled(_("The export was cancelled."))
        yield row


def write_csv(
    columns: Sequence[ExportColumn],
    rows: Iterable[Sequence[Any]],
    fp: IO[bytes],
    *,
    bom: bool = True,
    progress: Progress | None = None,
) -> Written:
    """UTF-8 CSV as RFC 4180 has it; the byte-order mark tells Excel which encoding this is.

    No totals: every line under the header is a row, so that a program that sums the column gets the page's total.
    """
    wrapper = io.TextIOWrapper(fp, encoding="utf-8-sig" if bom else "utf-8", newline="", write_through=False)
    writer, digest, count = csv.writer(wrapper), hashlib.sha256(), 0
    currency_of = _currency_reader(columns)
    writer.writerow([defused(heading(column)) for column in columns])
    for row in _counted(rows, progress):
        texts = [
            text_of(value, column, currency_of(i, row))
            for i, (column, value) in enumerate(zip(columns, row, strict=True))
        ]
        digest.update(row_digest(texts))
        writer.writerow([text if is_number(value) else defused(text) for text, value in zip(texts, row, strict=True)])
        count += 1
    wrapper.flush()
    wrapper.detach()
    return Written(count, digest.hexdigest())


def write_xlsx(
    columns: Sequence[ExportColumn],
    rows: Iterable[Sequence[Any]],
    fp: IO[bytes],
    *,
    about: About,
    progress: Progress | None = None,
) -> Written:
    """A workbook of typed cells, totals as formulas, and a sheet that says what it is. Rows are streamed.

    Money of more than 15 significant digits, which a spreadsheet can't hold, is written as text rather than rounded.
    Raises `TooManyRows` where the sheet ends.
    """
    with tempfile.TemporaryDirectory() as folder:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "tmpdir": folder}
        book = Workbook(fp, options)
        try:
            written = _Sheet(book, columns).write(_counted(rows, progress), about)
            _write_about(book, about, written)
        except BaseException:
            for sheet in book.worksheets():
                sheet.row_data_fh.close()
            raise
        book.close()
    return written


class _Sheet:
    """The first sheet: header, rows, totals."""

    def __init__(self, book: Workbook, columns: Sequence[ExportColumn]) -> None:
        self.book, self.columns = book, columns
        self.sheet: Worksheet = book.add_worksheet(_("Rows"))
        self.currency_of = _currency_reader(columns)
        self.bold = book.add_format({"bold": True, "bottom": 1})
        self.text = book.add_format({"num_format": "@"})
        self.day = book.add_format({"num_format": "yyyy-mm-dd"})
        self.instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self.numbers: dict[str, Format] = {}

    def write(self, rows: Iterable[Sequence[Any]], about: About) -> Written:
        digest, last = hashlib.sha256(), 0
        self._head()
        for last, row in enumerate(rows, start=1):
            if last >= XLSX_ROWS - len(about.totals) - 1:
                raise TooManyRows(_("An XLSX sheet ends at 1,048,576 rows. Export CSV, or set a filter."))
            texts = []
            for i, (column, value) in enumerate(zip(self.columns, row, strict=True)):
                currency = self.currency_of(i, row)
                texts.append(text_of(value, column, currency))
                self._cell((last, i), value, texts[-1], column)
            digest.update(row_digest(texts))
        if self.columns:
            self.sheet.autofilter(0, 0, last, len(self.columns) - 1)
        self._totals(last, about.totals)
        return Written(last, digest.hexdigest())

    def _head(self) -> None:
        self.sheet.freeze_panes(1, 0)
        for i, column in enumerate(self.columns):
            self.sheet.set_column(i, i, {"text": 28, "money": 18, "datetime": 20}.get(column.kind, 14))
            self.sheet.write_string(0, i, heading(column), self.bold)

    def _cell(self, place: tuple[int, int], value: Any, text: str, column: ExportColumn) -> None:
        if text == "":
            return
        if isinstance(value, dt.datetime) and value.year > 1900:
            self.sheet.write_datetime(*place, timezone.localtime(value).replace(tzinfo=None), self.instant)
        elif isinstance(value, dt.date) and value.year >= 1900:
            self.sheet.write_datetime(*place, value, self.day)
        elif is_number(value) and _exact(value):
            self.sheet.write_number(*place, float(value), self._number(value, column, text))
        else:
            self.sheet.write_string(*place, _fitting(text), self.text)

    def _number(self, value: Any, column: ExportColumn, text: str) -> Format:
        decimals = len(text.partition(".")[2])
        pattern = "0.0%" if column.kind == "percent" else "#,##0" + ("." + "0" * decimals if decimals else "")
        if isinstance(value, int) and column.kind != "money":
            pattern = "0"
        if pattern not in self.numbers:
            self.numbers[pattern] = self.book.add_format({"num_format": pattern})
        return self.numbers[pattern]

    def _totals(self, last: int, totals: Mapping[str, Sequence[tuple[Decimal, str]]]) -> None:
        """Below the rows and one free line: a formula for each sum, one line for each currency."""
        keys = [column.key for column in self.columns]
        lines = dict.fromkeys(currency for sums in totals.values() for _amount, currency in sums)
        if not last or not lines:
            return
        for line, currency in enumerate(lines, start=last + 2):
            label = f"{_('Total')} {currency}".strip()
            if not self.columns[0].total:
                self.sheet.write_string(line, 0, label, self.bold)
            for key, sums in totals.items():
                for amount, own in sums:
                    if own == currency and key in keys:
                        self._total(line, keys.index(key), last, amount, currency)

    def _total(self, line: int, i: int, last: int, amount: Decimal, currency: str) -> None:
        column, letters, keys = self.columns[i], xl_col_to_name(i), [column.key for column in self.columns]
        summed = f"{letters}2:{letters}{last + 1}"
        formula = f"=SUM({summed})"
        if column.currency in keys:
            place, wanted = xl_col_to_name(keys.index(column.currency)), currency.replace('"', '""')
            formula = f'=SUMIF({place}2:{place}{last + 1},"{wanted}",{summed})'
        text = text_of(amount, column, currency)
        self.sheet.write_formula(line, i, formula, self._number(amount, column, text), float(amount))


def _fitting(text: str) -> str:
    return text if len(text) <= XLSX_CELL else text[: XLSX_CELL - len(CUT)] + CUT


def _exact(value: Any) -> bool:
    """Whether a spreadsheet, which keeps 15 digits, holds this number unchanged."""
    digits = Decimal(str(value)).normalize().as_tuple().digits
    return len(digits) <= XLSX_EXACT_DIGITS


def _write_about(book: Workbook, about: About, written: Written) -> None:
    sheet = book.add_worksheet(_("About"))
    bold = book.add_format({"bold": True, "valign": "top"})
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 80)
    lines = [
        (_("What"), about.title),
        (_("As of the end of"), about.as_of.isoformat() if about.as_of else _("when it was made")),
        (_("Made at"), timezone.localtime(about.made_at).isoformat(timespec="seconds")),
        (_("Made for"), about.made_for),
        (_("Time zone"), timezone.get_current_timezone_name()),
        *((f"{_('Filter')}: {label}", words) for label, words in about.filters),
        (_("Rows"), str(written.rows)),
        (_("SHA-256 of the rows"), written.checksum),
    ]
    for line, (name, value) in enumerate(lines):
        sheet.write_string(line, 0, name, bold)
        sheet.write_string(line, 1, _fitting(value))
