"""TSV: CSV whose delimiter is a tab, unless another one is said."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textcnn.reading.formats import csv

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textcnn.reading.account import Item
    from textcnn.reading.file_start import FileStart
    from textcnn.reading.layout import Layout


def read(path: Path, layout: Layout) -> Iterator[Item]:
    """The records of a file with tabs between its fields, which may be quoted."""
    return csv.read(path, replace(layout, delimiter=layout.delimiter or "\t"))


def recognises(start: FileStart) -> bool:
    """Whether tabs fit best, and fit."""
    return start.delimiter == "\t" and start.delimiter_fit > (0, 0)
