"""CSV, by the standard `csv` module, with any delimiter."""

from __future__ import annotations

import csv
from collections import Counter
from itertools import chain, islice
from typing import TYPE_CHECKING

from textcnn.errors import CorpusError
from textcnn.reading.delimiter import find_delimiter
from textcnn.reading.header import find_header
from textcnn.reading.line_records import unless_of_whole_file
from textcnn.reading.numbered_lines import LONGEST_LINE, NumberedLines, first_lines
from textcnn.reading.record import SAMPLE_RECORDS, Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from textcnn.reading.file_start import FileStart
    from textcnn.reading.layout import Layout


def read(path: Path, layout: Layout) -> Iterator[Record | CorpusError]:
    """The records of a delimited file; quoted fields may hold delimiters and line ends."""
    delimiter = layout.delimiter or find_delimiter(first_lines(path, layout.encoding))
    with NumberedLines(path, layout.encoding) as lines:
        rows = _rows(lines, delimiter)
        first = list(islice(rows, SAMPLE_RECORDS))
        stream = chain(first, rows)
        sample = [item[1] for item in first if isinstance(item, tuple)]
        if not sample:
            yield from (item for item in first if isinstance(item, CorpusError))
            return
        header = find_header(sample, layout)
        names = _column_names(sample[0], lines.file) if header else _numbers(sample)
        for item in stream:
            if isinstance(item, CorpusError):
                yield item
            elif header:
                header = False  # the first row that can be read
            elif len(item[1]) == len(names):
                yield Record(item[0], lines.file, dict(zip(names, item[1], strict=True)))
            else:
                yield lines.error(_field_count(len(item[1]), names), item[0])


def recognises(start: FileStart) -> bool:
    """Whether the first row holds a column name that is known."""
    return start.delimiter_fit[0] > 0


def _rows(lines: NumberedLines, delimiter: str) -> Iterator[tuple[int, list[str]] | CorpusError]:
    # The limit is the whole process's, so it is only ever raised; a line has its own bound.
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_LINE))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        start = lines.number + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield lines.error(_csv_sentence(str(error)), start)
        except CorpusError as error:
            yield unless_of_whole_file(error)
        else:
            if len(fields) > 1 or "".join(fields).strip():
                yield start, fields


def _column_names(cells: Sequence[str], file: str) -> list[str]:
    names = [cell.strip() or str(number) for number, cell in enumerate(cells, 1)]
    repeated, count = Counter(names).most_common(1)[0]
    if count > 1:
        raise CorpusError(f"two columns are called '{repeated[:40]}'; rename one", file=file, line=1)
    return names


def _numbers(rows: Sequence[Sequence[str]]) -> list[str]:
    lengths = [len(row) for row in rows]
    usual = Counter(lengths).most_common(1)[0][0]
    return [str(number) for number in range(1, usual + 1)]


def _field_count(fields: int, names: Sequence[str]) -> str:
    expected = f"{len(names)} ({', '.join(name[:40] for name in names[:10])})"
    message = f"found {fields} field{'s' * (fields != 1)}, expected {expected}"
    return f"{message}; quote a field that holds the delimiter"


def _csv_sentence(reason: str) -> str:
    if "unexpected end" in reason:
        return 'a quoted field opens here and is never closed; close it, or write "" for a quote in a text'
    if "expected after" in reason:
        remedy = 'write "" for a quote in a text, or say --format tabbed for label<TAB>text without quoting'
        return f"a quoted field goes on after its closing quote; {remedy}"
    if "new-line" in reason:
        return "a carriage return alone ends a line; convert the line ends to LF or CRLF"
    return f"a field is longer than {LONGEST_LINE:,} characters; a quote may never be closed"
