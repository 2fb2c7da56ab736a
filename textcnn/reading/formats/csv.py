"""CSV, with any delimiter: fields that a writer quoted are read as it meant, and a stray quote is text."""

from __future__ import annotations

import csv
from collections import deque
from itertools import chain, islice
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from textcnn.errors import CorpusError
from textcnn.reading.dialect import QUOTE, Dialect, find_dialect
from textcnn.reading.header import find_header, names_of, numbers_of
from textcnn.reading.line_records import unless_of_whole_file
from textcnn.reading.numbered_lines import LONGEST_LINE, NumberedLines
from textcnn.reading.record import BLANK, EMPTY, HEADER, SAMPLE_RECORDS, EndOfFile, LeftOut, Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from textcnn.reading.account import Item
    from textcnn.reading.file_start import FileStart
    from textcnn.reading.layout import Layout

MOST_LINES: Final = 1_000
"""Of one record, and of `MOST_CHARACTERS`: a quote that does not close within them is text."""
MOST_CHARACTERS: Final = 1_000_000
STRAY: Final = "a quote begins a field and ends none, and was taken as text"
SEPARATOR_LINES: Final = "lines that name the separator"


def read(path: Path, layout: Layout) -> Iterator[Item]:
    """The records of a delimited file; quoted fields may hold delimiters and line ends."""
    dialect = find_dialect(path, layout)
    with NumberedLines(path, layout.encoding) as lines:
        rows = _Rows(lines, dialect).read()
        first = list(islice(rows, SAMPLE_RECORDS))
        sample = [item[1] for item in first if not isinstance(item, (CorpusError, LeftOut))]
        header = bool(sample) and find_header(sample, layout)
        names = names_of(sample[0], lines.file) if header else numbers_of(sample, dialect.width)
        for item in chain(first, rows):
            if type(item) is tuple and not header and len(item[1]) == len(names):  # nearly all are
                yield Record(item[0], lines.file, dict(zip(names, item[1], strict=True)))
            elif isinstance(item, (CorpusError, LeftOut)):
                yield item
            else:
                yield _record(_Row(*item), names, lines, is_header=header)
                header = False  # it is the first row that can be read
        yield EndOfFile(lines.file, lines.number)


def recognises(start: FileStart) -> bool:
    """Whether the first row holds a column name that is known, or else names what stands below it."""
    return start.delimiter_fit[0] > 0 or start.has_header


def _record(
    row: _Row, names: Sequence[str], lines: NumberedLines, *, is_header: bool
) -> Record | LeftOut | CorpusError:
    """A row as what it is: the header, a record, or an error where it has another number of fields.

    Raises:
        CorpusError: it is the header, and cannot be read.
    """
    if is_header and row.error is not None:
        raise lines.error(f"the names of the columns cannot be read: {row.error}", row.line)
    if is_header:
        return LeftOut(row.line, lines.file, HEADER, row.lines)
    if len(row.fields) != len(names):
        return lines.error(_field_count(len(row.fields), names), row.line)
    values = dict(zip(names, row.fields, strict=True))
    return Record(row.line, lines.file, values, row.lines, row.error, row.note)


class _Row(NamedTuple):
    """The fields of one record."""

    line: int
    fields: list[str]
    lines: int = 1
    error: str | None = None
    note: str | None = None


_Line = tuple[int, "str | CorpusError"]
"""A line and its number, or why it cannot be read."""


class _EndlessError(Exception):
    """A quoted field does not close within the lines that a record may have."""


class _Rows:
    """The rows of a file, a line at a time; only what holds a quote goes through the `csv` module.

    A record that cannot be what a writer meant is given up: its first line is read again, without quotes, and
    the lines behind it are read as if nothing had been.
    """

    def __init__(self, lines: NumberedLines, dialect: Dialect) -> None:
        # The limit is the whole process's, so it is only ever raised; a line has its own bound.
        csv.field_size_limit(max(csv.field_size_limit(), LONGEST_LINE))
        self._lines, self._dialect = lines, dialect
        self._singly = lines.numbered()
        self._again: deque[_Line] = deque()
        """Lines that were looked at for a record that came to nothing."""
        self._taken: list[_Line] = []
        """Of the record under way."""
        self._singly_to = 0
        """The last line of a block that is no plain one: its lines are read one at a time."""
        self._reader = self._new_reader()

    def read(self) -> Iterator[_Row | tuple[int, list[str]] | CorpusError | LeftOut]:
        """Every row, error and leaving-out; of a row that is nothing but a line, its number and fields."""
        blank: list[int] = []  # lines that are empty cells of the only column, unless nothing follows
        while True:
            if not self._again and not blank and self._lines.number >= self._singly_to:
                yield from self._plain_blocks()
            if (item := self._next()) is None:
                break
            number, line = item
            if isinstance(line, CorpusError):
                yield unless_of_whole_file(line)
            elif number == 1 and self._dialect.has_separator_line:
                yield LeftOut(number, self._lines.file, SEPARATOR_LINES)
            elif not self._is_blank(line):
                yield from (_Row(empty, [""]) for empty in blank)
                blank = []
                yield self._row(line, number)
            elif self._dialect.width > 1:
                yield LeftOut(number, self._lines.file, BLANK)
            else:
                blank.append(number)
        yield from (LeftOut(number, self._lines.file, BLANK) for number in blank)

    def _plain_blocks(self) -> Iterator[tuple[int, list[str]]]:
        """Rows of the usual width, as long as each line is one: many at once, in the `csv` module's loop."""
        lines, dialect = self._lines, self._dialect
        quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if dialect.is_quoted else csv.QUOTE_NONE
        while block := lines.block():
            number = lines.number - len(block) + 1
            try:
                rows = list(csv.reader(block, delimiter=dialect.delimiter, quoting=quoting, strict=True))
            except csv.Error:
                rows = []
            is_plain = len(rows) == len(block) and {*map(len, rows)} == {dialect.width}
            if not is_plain or (number == 1 and dialect.has_separator_line) or any(map(_is_empty, rows)):
                self._singly_to = lines.number
                lines.back(len(block))
                return
            yield from enumerate(rows, number)

    def _next(self) -> _Line | None:
        """The next line that was not read yet, or is to be read again; None at the end."""
        return self._again.popleft() if self._again else next(self._singly, None)

    def _is_blank(self, line: str) -> bool:
        """Whether nothing stands in a line; in the only column, white space is a cell."""
        return not (line.strip("\r\n") if self._dialect.width == 1 else line.strip())

    def _row(self, line: str, number: int) -> _Row | CorpusError | LeftOut:
        text = line.removesuffix("\n").removesuffix("\r")
        if QUOTE in text:
            row = self._quoted(line, number)
        elif "\r" in text and self._has_other_ends(text):
            message = "a carriage return alone ends a line; convert the line ends to LF or CRLF"
            return self._lines.error(message, number)
        else:
            row = _Row(number, text.split(self._dialect.delimiter))
        if self._lines.problems:
            row = row._replace(error=self._lines.problem(number, number + row.lines - 1))
        if _is_empty(row.fields):
            return LeftOut(number, self._lines.file, EMPTY, row.lines)
        return row

    def _quoted(self, line: str, number: int) -> _Row:
        """The row that begins with a line with quotes."""
        dialect, plain = self._dialect, self._dialect.split(line)
        if not dialect.is_quoted and (dialect.is_said or len(plain) == dialect.width):
            return _Row(number, plain)
        self._again.appendleft((number, line))
        fields = self._quoted_fields()
        taken = self._taken
        if fields and (len(fields) == dialect.width or (len(taken) == 1 and len(plain) != dialect.width)):
            return _Row(number, fields, len(taken))
        self._again.extendleft(reversed(taken[1:]))
        self._reader = self._new_reader()
        return _Row(number, plain, note=STRAY if dialect.is_quoted else None)

    def _quoted_fields(self) -> list[str] | None:
        """The fields of the next record with its quotes; None where a quote in it can be none."""
        self._taken = []
        try:
            fields = next(self._reader)
        except (csv.Error, _EndlessError):
            return None
        lines = [line for _, line in self._taken if isinstance(line, str)]
        if len(lines) > 1 and (not self._dialect.is_quoted or all(map(self._dialect.is_row, lines))):
            return None  # rows, of which one begins and another one ends with a quote
        return fields

    def _has_other_ends(self, text: str) -> bool:
        """Whether carriage returns part a line into rows, as line ends of old did."""
        widths = {len(self._dialect.split(part)) for part in text.split("\r") if part}
        return len(widths) == 1 and widths != {1}

    def _new_reader(self) -> Iterator[list[str]]:
        return csv.reader(self._feed(), delimiter=self._dialect.delimiter, strict=True)

    def _feed(self) -> Iterator[str]:
        """The lines for the `csv` module, as long as they may belong to one record."""
        size = 0
        while (item := self._next()) is not None:
            number, line = item
            size = size + len(str(line)) if self._taken else 0
            self._taken.append((number, line))
            if isinstance(line, CorpusError) or len(self._taken) > MOST_LINES or size > MOST_CHARACTERS:
                raise _EndlessError
            yield self._dialect.doubled(line)


def _is_empty(fields: Sequence[str]) -> bool:
    """Whether a row of several fields holds nothing but white space."""
    return len(fields) != 1 and not any(map(str.strip, fields))


def _field_count(fields: int, names: Sequence[str]) -> str:
    expected = f"{len(names)} ({', '.join(name[:40] for name in names[:10])})"
    message = f"found {fields} field{'s' * (fields != 1)}, expected {expected}"
    return f"{message}; quote a field that holds the delimiter"
