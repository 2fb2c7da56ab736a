"""What a file says of its layout by itself: format, delimiter, header."""

from __future__ import annotations

import csv
from collections import Counter
from typing import TYPE_CHECKING, Final

from textcnn.errors import CorpusError
from textcnn.reading.column_names import is_known
from textcnn.reading.compression import COMPRESSED_SUFFIXES, first_bytes
from textcnn.reading.numbered_lines import first_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from textcnn.reading.layout import Layout

FASTTEXT_PREFIX: Final = "__label__"

FORMAT_SUFFIXES: Final = {
    "csv": (".csv",),
    "tsv": (".tsv", ".tab"),
    "jsonl": (".jsonl", ".ndjson", ".json"),
    "parquet": (".parquet", ".pq"),
    "arrow": (".arrow", ".feather", ".ipc"),
    "fasttext": (".ft", ".fasttext"),
}
_UNREADABLE: Final = frozenset(
    {".xlsx", ".xls", ".ods", ".zip", ".tar", ".tgz", ".bz2", ".xz", ".7z", ".pkl", ".pdf", ".docx", ".db"}
)
_MAGIC: Final = {b"PAR1": "parquet", b"ARROW1": "arrow", b"\xff\xff\xff\xff": "arrow"}
_DELIMITERS: Final = ("\t", ";", "|", ",")
_CONSISTENT_SHARE: Final = 0.8
_HEADER_LENGTH: Final = 40


def find_format(path: Path, layout: Layout) -> str:
    """The format of a file: said, by its suffix (before .gz or .zst), or else by its content.

    Raises:
        CorpusError: the file cannot be opened or is of no format that can be read.
    """
    if path.is_dir():
        return "folder"
    if layout.format == "folder":
        raise CorpusError("expected a folder that holds a folder of texts per label", file=path)
    suffix = _suffix(path)
    if suffix in _UNREADABLE:
        message = f"'{suffix}' files are not read; save it as CSV, JSONL or Parquet"
        raise CorpusError(message, file=path)
    by_suffix = next((name for name, suffixes in FORMAT_SUFFIXES.items() if suffix in suffixes), None)
    return layout.format or by_suffix or _format_by_content(path, layout.encoding)


def find_delimiter(lines: Sequence[str]) -> str:
    """The delimiter that gives the first lines column names that are known, or the steadiest fields."""
    scores = {delimiter: _delimiter_score(lines, delimiter) for delimiter in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda delimiter: scores[delimiter])
    return best if max(scores[best]) else ","


def find_header(rows: Sequence[Sequence[str]], layout: Layout) -> bool:
    """Whether the first row names the columns.

    It does when it holds a name that the layout says, or names that are known, unless the only such name
    comes back below as data does; else when a column of repeated values has none like the first row's.
    """
    if layout.header is not None:
        return layout.header
    first, rest = rows[0], rows[1:]
    said = {name for name in (*layout.text_columns, layout.label_column) if name and not name.isdigit()}
    known = [column for column, cell in enumerate(first) if is_known(cell)]
    if said.intersection(first) or len(known) > 1:
        return True
    if known:
        return all(row[known[0]] != first[known[0]] for row in rest if known[0] < len(row))
    return _looks_unlike(first, rest)


def _looks_unlike(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Whether the first row is short, distinct words, above a column of repeated values without it."""
    plain = all(0 < len(cell) <= _HEADER_LENGTH and not cell.isdigit() for cell in first)
    if not plain or len(set(first)) < len(first) or len(first) < 2:
        return False
    for column, cell in enumerate(first):
        counts = Counter(row[column] for row in rest if column < len(row))
        if counts and cell not in counts and min(counts.values()) > 1:
            return True
    return False


def _suffix(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in COMPRESSED_SUFFIXES:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def _format_by_content(path: Path, encoding: str | None) -> str:
    head = first_bytes(path, 8)
    for magic, name in _MAGIC.items():
        if head.startswith(magic):
            return name
    lines = first_lines(path, encoding)
    if not lines:
        return "lines"
    if sum(line.startswith(FASTTEXT_PREFIX) for line in lines) > len(lines) / 2:
        return "fasttext"
    if lines[0].lstrip().startswith("{"):
        return "jsonl"
    delimiter = find_delimiter(lines)
    if delimiter == "\t" and _delimiter_score(lines, "\t") > (0, 0):
        return "tabbed" if _looks_tabbed(lines) else "tsv"
    return "csv" if _delimiter_score(lines, delimiter)[0] else "lines"


def _looks_tabbed(lines: Sequence[str]) -> bool:
    """Whether lines are a label, one tab and a text: the first part repeats more, or is shorter."""
    parts = [line.rstrip("\r\n").split("\t") for line in lines]
    if any(is_known(cell) for cell in parts[0]) or any(len(part) < 2 for part in parts):
        return False
    if sum(len(part) == 2 for part in parts) < 0.9 * len(parts):
        return False
    firsts, rests = [part[0] for part in parts], [part[1] for part in parts]
    return (len(set(firsts)), sum(map(len, firsts))) < (len(set(rests)), sum(map(len, rests)))


def _delimiter_score(lines: Sequence[str], delimiter: str) -> tuple[float, float]:
    """How many cells of the first row have a known name, and the share of rows of its usual length."""
    try:
        rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
    except csv.Error:  # the reader of the file will say where
        return 0, 0
    usual, count = Counter(map(len, rows)).most_common(1)[0] if rows else (0, 0)
    if usual < 2:
        return 0, 0
    known = sum(map(is_known, rows[0])) if len(rows[0]) >= 2 else 0
    share = count / len(rows)
    return known, share if share >= _CONSISTENT_SHARE else 0
