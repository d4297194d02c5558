"""CSV as people send it, read strictly: what can be understood in one way only is read, anything else is named.

A file whose encoding or header is wrong is refused whole (`FileRefused`). A record that is wrong becomes a `Problem`
with its physical line, so that one pass reports every bad row of a file.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from core.errors import InvalidInput

LONGEST_FIELD = 2_000_000  # characters: some 300,000 words; more is a quote that nobody closed
MOST_COLUMNS = 500
MOST_PROBLEMS = 1_000  # as many as anybody reads; the rest are counted
LONGEST_LINE = 4_000_000
BLOCK = 1 << 16
DELIMITERS = ",;\t"
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_LINE_END = re.compile(r"[\r\n]$")

csv.field_size_limit(LONGEST_FIELD)


class FileRefused(InvalidInput):
    """The file can't be read as a whole; the message says where it goes wrong and what to send instead."""

    code = "file_refused"


@dataclass(frozen=True)
class Problem:
    """Why a row can't be used: its physical line in the file, the column ("" for the whole row), the reason."""

    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        return f"Line {self.line}{f', {self.column}' if self.column else ''}: {self.reason}"


@dataclass
class Report:
    """What became of the rows of one import. `problems` keeps the first thousand; `failed` counts all. `notes` are about
    rows that were used all the same: what a person may want to look at."""

    read: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)

    def note(self, note: Problem) -> None:
        if len(self.notes) < MOST_PROBLEMS:
            self.notes.append(note)

    def add(self, problem: Problem) -> None:
        self.failed += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(problem)

    @property
    def ok(self) -> bool:
        return self.failed == 0


@dataclass(frozen=True)
class Record:
    """One record: the physical line on which it starts (the header is on line 1), and its values by column."""

    line: int
    values: dict[str, str]


class Table:
    """A CSV file being read, once: iterate for a `Record` or a `Problem` per row. `header` is known at once.

    A file that was opened here is closed at its end, or at the end of a `with`.
    """

    def __init__(
        self, file: IO[bytes], required: Sequence[str], optional: Sequence[str] | None, *, owned: bool
    ) -> None:
        self._file, self._owned = file, owned
        try:
            self._lines = _Lines(file, _encoding(file))
            self.delimiter, self.header = self._read_header()
            self._check_header(required, optional)
        except BaseException:
            self.close()
            raise
        self._reader = csv.reader(self._lines, delimiter=self.delimiter, strict=True)

    def __enter__(self) -> "Table":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        if self._owned:
            self._file.close()

    def _read_header(self) -> tuple[str, list[str]]:
        line = next(self._lines, "")
        if not line.strip():
            raise FileRefused("The file is empty: its first line must name the columns.")
        # By the header alone: in texts further down commas and semicolons prove nothing.
        delimiter = max(DELIMITERS, key=lambda sign: (_outside_quotes(line, sign), -DELIMITERS.index(sign)))
        try:
            cells = next(csv.reader([line], delimiter=delimiter, strict=True))
        except csv.Error as error:
            raise FileRefused(f"Line 1 (the names of the columns) can't be read: {error}.") from None
        return delimiter, [cell.strip() for cell in cells]

    def _check_header(self, required: Sequence[str], optional: Sequence[str] | None) -> None:
        if len(self.header) > MOST_COLUMNS:
            raise FileRefused(f"The file has {len(self.header)} columns; {MOST_COLUMNS} at most can be read.")
        if "" in self.header:
            raise FileRefused(f"Column {self.header.index('') + 1} has no name in line 1.")
        for name in self.header:
            if self.header.count(name) > 1:
                raise FileRefused(f"The column “{name[:80]}” occurs twice in line 1.")
        if missing := [name for name in required if name not in self.header]:
            raise FileRefused(
                f"The file lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}. "
                f"It has: {', '.join(self.header)[:300]}."
            )
        known = {*required, *(optional or ())}
        if optional is not None and (strange := [name for name in self.header if name not in known]):
            raise FileRefused(f"The file has columns that are not known here: {', '.join(strange)[:300]}.")

    def __iter__(self) -> Iterator[Record | Problem]:
        with self:
            yield from self._rows()

    def _rows(self) -> Iterator[Record | Problem]:
        while True:
            line = self._lines.number + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                # Where a quote went wrong nobody can tell any more where the next record starts.
                yield Problem(line, "", f"{_csv_reason(str(error))} Reading stopped here.")
                return
            if not cells:
                continue  # an empty line
            if len(cells) != len(self.header):
                yield Problem(line, "", f"This row has {len(cells)} values, the header has {len(self.header)} columns.")
                continue
            yield Record(line, dict(zip(self.header, cells, strict=True)))


class _Lines:
    """The physical lines of a file, counted. A line ends at CR LF, LF or CR, as editors count."""

    def __init__(self, file: IO[bytes], encoding: str) -> None:
        self._file, self._encoding, self.number, self._rest = file, encoding, 0, ""
        self._lines = self._split()

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number += 1
        return line

    def _split(self) -> Iterator[str]:
        # A CR at the end of a block waits for its LF: the newline decoder keeps it back.
        newlines = io.IncrementalNewlineDecoder(None, translate=False)
        rest = ""
        for text in _decoded(self._file, self._encoding):
            *whole, rest = _LINE.findall(rest + newlines.decode(text)) or [""]
            if _LINE_END.search(rest):
                whole, rest = [*whole, rest], ""
            if len(rest) > LONGEST_LINE:
                raise FileRefused(f"Line {self.number + 1} is longer than {LONGEST_LINE:,} characters. Is this a CSV?")
            yield from whole
        last = rest + newlines.decode("", final=True)
        if last:
            yield last


def read_table(
    source: IO[bytes] | Path | str, *, required: Sequence[str] = (), optional: Sequence[str] | None = None
) -> Table:
    """The CSV file `source` as a `Table`, read as it is iterated: memory holds one row, whatever the size.

    Encodings: UTF-8 with or without byte-order mark, UTF-16 with one. Delimiters: comma, semicolon or tab, as the header
    has it. Columns in `required` must be there; with `optional` given, no others may be. The whole file is decoded once
    before the first row, so that a file of another encoding is refused (`FileRefused`) before anything was done with it.
    """
    if isinstance(source, Path | str):
        return Table(Path(source).open("rb"), required, optional, owned=True)
    return Table(source, required, optional, owned=False)


def _encoding(file: IO[bytes]) -> str:
    """The file's encoding, after reading all of it; refuses what is neither, and NUL bytes, naming the place."""
    file.seek(0)
    start = file.read(4)
    if start.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise FileRefused("The file is UTF-32. Save it as UTF-8.")
    encoding = "utf-16" if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    line = 1
    for text in _decoded(file, encoding):
        if "\0" in text:
            line += text[: text.index("\0")].count("\n")
            raise FileRefused(f"There is a NUL byte in line {line}: this is not a text file, or it is damaged.")
        line += text.count("\n")
    return encoding


def _decoded(file: IO[bytes], encoding: str) -> Iterator[str]:
    """The text of a file, block by block."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    offset = 0
    while True:
        block = file.read(BLOCK)
        held = len(decoder.getstate()[0])
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            place = offset - held + error.start
            file.seek(0)
            line = file.read(place).decode(encoding, "replace").count("\n") + 1
            found = f"byte 0x{error.object[error.start]:02X} at offset {place:,} (line {line:,})"
            name = "UTF-16" if encoding == "utf-16" else "UTF-8"
            raise FileRefused(
                f"The file is not {name}: {found} can't be read. Save it as “CSV UTF-8” and send it again.",
                offset=place,
                line=line,
            ) from None
        offset += len(block)
        yield text
        if not block:
            return


def _outside_quotes(line: str, sign: str) -> int:
    """How often `sign` occurs in `line` outside quoted values."""
    return sum(part.count(sign) for part in line.split('"')[::2])


def _csv_reason(error: str) -> str:
    if "field larger" in error:
        return "A value is longer than 2,000,000 characters: is a quote missing its partner?"
    if "unexpected end" in error:
        return "A quote is opened and never closed."
    return "A quote stands where none can: write quotes inside a quoted value twice."
