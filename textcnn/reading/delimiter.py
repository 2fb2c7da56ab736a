"""The delimiter between the fields of a file."""

from __future__ import annotations

import csv
import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from textcnn.reading.guessing.column_names import is_known

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_DELIMITERS: Final = ("\t", ";", "|", ",")
_CONSISTENT_SHARE: Final = 0.8
_SEPARATOR_LINE: Final = re.compile(r'"?sep=(.)"?', re.IGNORECASE)


def separator_of(line: str) -> str | None:
    """The delimiter that Excel's first line, such as `sep=;`, names; None for any other line."""
    found = _SEPARATOR_LINE.fullmatch(line.strip("\r\n"))
    return found and found[1]


def readable_rows(lines: Sequence[str], delimiter: str) -> Iterator[list[str]]:
    """The rows that can be read; where others stand, the reader of the file will say."""
    rows = csv.reader(lines, delimiter=delimiter)
    while True:
        try:
            yield next(rows)
        except csv.Error:
            continue
        except StopIteration:
            return


def find_delimiter(lines: Sequence[str]) -> str:
    """The delimiter that gives the first lines column names that are known, or the steadiest fields."""
    fits = {delimiter: delimiter_fit(lines, delimiter) for delimiter in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda delimiter: fits[delimiter])
    return best if max(fits[best]) else ","


def delimiter_fit(lines: Sequence[str], delimiter: str) -> tuple[float, float]:
    """How many cells of the first row have a known name, and the share of rows of its usual length."""
    rows = [row for row in readable_rows(lines, delimiter) if row]
    usual, count = Counter(map(len, rows)).most_common(1)[0] if rows else (0, 0)
    if usual < 2:
        return 0, 0
    known = sum(map(is_known, rows[0])) if len(rows[0]) >= 2 else 0
    share = count / len(rows)
    return known, share if share >= _CONSISTENT_SHARE else 0
