"""How a delimited file is written, found by looking at its beginning: delimiter, quotes, width."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from textcnn.reading.delimiter import find_delimiter, readable_rows, separator_of
from textcnn.reading.numbered_lines import first_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from textcnn.reading.layout import Layout

    Telling = tuple[int, frozenset[str] | None]
    """A column by which a row is known, with its few values; None where it holds digits."""

QUOTE: Final = '"'
_SAMPLE_BYTES: Final = 1 << 20
_MOST_LINES: Final = 1_000
"""So many lines are looked at, and as many after them that hold a quote."""
_ESCAPED: Final = re.compile(r'(?<!\\)\\"')
_FEW: Final = 20
"""Lines from which on a column of few values tells whether a line is a row."""
_DISTINCT_SHARE: Final = 0.2


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the fields of a file are told apart."""

    delimiter: str
    is_quoted: bool = True
    """Whether a field that begins with a quote ends with the next one, whatever stands between."""
    is_said: bool = False
    """Whether somebody said so, and it was not found."""
    is_escaped: bool = False
    r"""Whether a quote in a quoted field is written `\"`, as Spark does, and not doubled."""
    has_separator_line: bool = False
    """Whether the first line is Excel's `sep=;`."""
    width: int = 0
    """Fields of most rows."""
    telling: tuple[Telling, ...] = ()

    def split(self, line: str) -> list[str]:
        """The fields of a line in which quotes are text."""
        return line.removesuffix("\n").removesuffix("\r").split(self.delimiter)

    def is_row(self, line: str) -> bool:
        """Whether a line looks like a whole row by itself: its width, and what stands in telling columns."""
        cells = self.split(line)
        return (
            bool(self.telling)
            and len(cells) == self.width
            and self.telling[-1][0] < self.width
            and all(
                cells[index].isdigit() if values is None else cells[index] in values
                for index, values in self.telling
            )
        )

    def doubled(self, line: str) -> str:
        r"""The line with the quotes doubled that are written `\"`."""
        return _ESCAPED.sub('""', line) if self.is_escaped else line


def find_dialect(path: Path, layout: Layout) -> Dialect:
    """The dialect of a file: what the layout says, and else what the first lines show.

    Files with tabs are unquoted unless they show otherwise, others quoted unless they do.

    Raises:
        CorpusError: the file cannot be opened or decompressed.
        ConfigError: the encoding is not known.
    """
    try:
        state = path.stat()
    except OSError:
        return _find(path, layout)
    return _find_once(path, layout, (state.st_ino, state.st_size, state.st_mtime_ns))


@lru_cache(maxsize=4)
def _find_once(path: Path, layout: Layout, state: tuple[int, int, int]) -> Dialect:  # noqa: ARG001
    """The dialect of a file in this state: who reads it asks, who writes beside it, and who tells of it."""
    return _find(path, layout)


def _find(path: Path, layout: Layout) -> Dialect:
    lines = first_lines(path, layout.encoding, _SAMPLE_BYTES)
    separator = separator_of(lines[0]) if lines else None
    lines = _looked_at(lines[separator is not None :])
    delimiter = layout.delimiter or separator or find_delimiter(lines)
    plain = Dialect(delimiter, is_quoted=False)
    is_escaped = layout.quoting != "none" and _escapes(lines, plain)
    sample = [_ESCAPED.sub('""', line) for line in lines] if is_escaped else lines
    is_quoted = layout.quoting == "double" or (layout.quoting is None and _shows_quotes(sample, plain))
    rows = [*readable_rows(sample, delimiter)] if is_quoted else []
    return Dialect(
        delimiter,
        is_quoted=is_quoted,
        is_said=layout.quoting is not None,
        is_escaped=is_escaped and is_quoted,
        has_separator_line=separator is not None,
        width=_usual_width(rows or [plain.split(line) for line in lines]),
        telling=_telling_columns([plain.split(line) for line in lines[1:] if QUOTE not in line]),
    )


def _looked_at(lines: list[str]) -> list[str]:
    """The first lines, and on to where enough of them hold a quote."""
    quotes = 0
    for number, line in enumerate(lines):
        quotes += QUOTE in line
        if quotes >= _MOST_LINES:
            return lines[: number + 1]
    return lines if quotes else lines[:_MOST_LINES]


def _escapes(lines: Iterable[str], plain: Dialect) -> bool:
    r"""Whether more lines hold `\"` than doubled quotes; `""` alone is an empty cell."""
    escaped = doubled = 0
    for line in lines:
        if QUOTE in line:
            escaped += _ESCAPED.search(line) is not None
            doubled += any('""' in cell[1:-1] for cell in plain.split(line))
    return escaped > doubled


def _shows_quotes(lines: Sequence[str], plain: Dialect) -> bool:
    """Whether the fields of a file are quoted, as far as its lines with quotes tell."""
    has_tabs = plain.delimiter == "\t"
    with_quotes = [line for line in lines if QUOTE in line]
    if not with_quotes:
        return not has_tabs
    rows = [_joined(plain.split(line), plain.delimiter) for line in with_quotes]
    cells = [cell for row in rows for cell in row if QUOTE in cell]
    if any(_needs_quotes(cell, plain.delimiter) for cell in cells) or _agrees_better(lines, plain):
        return True
    if has_tabs:
        return len(rows) == len(lines) and any(map(_are_all_quoted, zip(*rows, strict=False)))
    is_text = any(cell.startswith(QUOTE) for cell in cells) and not any(map(_is_quoted, cells))
    return not is_text or _is_as_a_writer_quotes(lines, plain)


def _joined(cells: Sequence[str], delimiter: str) -> list[str]:
    """The cells of a row, those together that a quote holds together."""
    joined: list[str] = []
    for cell in cells:
        if joined and joined[-1].startswith(QUOTE) and not _is_quoted(joined[-1]):
            joined[-1] += delimiter + cell
        else:
            joined.append(cell)
    return joined


def _is_quoted(cell: str) -> bool:
    """Whether a cell begins and ends with a quote, and every quote inside is doubled."""
    return len(cell) > 1 and cell[0] == QUOTE == cell[-1] and QUOTE not in cell[1:-1].replace(QUOTE * 2, "")


def _are_all_quoted(cells: Iterable[str]) -> bool:
    return all(map(_is_quoted, cells))


def _needs_quotes(cell: str, delimiter: str) -> bool:
    """Whether a writer of texts had no other way: a quote or the delimiter inside, or nothing at all."""
    inner = cell[1:-1]
    return _is_quoted(cell) and (not inner or QUOTE in inner or delimiter in inner)


def _agrees_better(lines: Sequence[str], plain: Dialect) -> bool:
    """Whether more rows have one width with quotes than without; with tabs, all rows have to."""
    without = [plain.split(line) for line in lines]
    rows = [*readable_rows(lines, plain.delimiter)][:-1]  # the last one may be cut
    share = _usual_share(rows)
    return share > _usual_share(without) and (share == 1 or plain.delimiter != "\t")


def _is_as_a_writer_quotes(lines: Sequence[str], plain: Dialect) -> bool:
    """Whether every quote that begins a field ends one, and all rows have one width."""
    try:
        return len({*map(len, csv.reader(lines, delimiter=plain.delimiter, strict=True))}) == 1
    except csv.Error:
        return False


def _usual_share(rows: Sequence[Sequence[str]]) -> float:
    """The share of rows that have the usual width."""
    usual = _usual_width(rows)
    return sum(len(row) == usual for row in rows) / max(1, len(rows))


def _usual_width(rows: Iterable[Sequence[str]]) -> int:
    widths = Counter(map(len, rows))
    return widths.most_common(1)[0][0] if widths else 0


def _telling_columns(rows: Sequence[Sequence[str]]) -> tuple[Telling, ...]:
    """The columns of digits, and those of a few values that repeat."""
    width = _usual_width(rows)
    rows = [row for row in rows if len(row) == width]
    if len(rows) < 2 or width < 2:
        return ()
    told: list[Telling] = []
    for index, cells in enumerate(zip(*rows, strict=True)):
        values = frozenset(cells)
        if all(map(str.isdigit, values)):
            told.append((index, None))
        elif len(rows) >= _FEW and len(values) <= _DISTINCT_SHARE * len(rows):
            told.append((index, values))
    return tuple(told)
