"""A label, a tab and a text on each line, as many published corpora have it: no header, no quoting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textcnn.reading.formats import tsv
from textcnn.reading.guessing.column_names import is_known
from textcnn.reading.line_records import line_records

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from textcnn.reading.account import Item
    from textcnn.reading.file_start import FileStart
    from textcnn.reading.layout import Layout


def read(path: Path, layout: Layout) -> Iterator[Item]:
    """The records of the file; later tabs belong to the text."""
    return line_records(path, layout, _values)


def recognises(start: FileStart) -> bool:
    """Whether it would be TSV, of two fields of which the first looks like a label."""
    return tsv.recognises(start) and _starts_with_labels(start.lines) and not start.has_header


def _starts_with_labels(lines: Sequence[str]) -> bool:
    """Whether lines are a label, one tab and a text: the first part repeats more, or is shorter."""
    parts = [line.rstrip("\r\n").split("\t") for line in lines]
    if any(is_known(cell) for cell in parts[0]) or any(len(part) < 2 for part in parts):
        return False
    if sum(len(part) == 2 for part in parts) < 0.9 * len(parts):
        return False
    firsts, rests = [part[0] for part in parts], [part[1] for part in parts]
    return (len(set(firsts)), sum(map(len, firsts))) < (len(set(rests)), sum(map(len, rests)))


def _values(line: str) -> dict[str, object]:
    label, tab, text = line.partition("\t")
    if not tab:
        raise ValueError("the line has no tab; expected a label, a tab and the text")
    return {"label": label, "text": text}
