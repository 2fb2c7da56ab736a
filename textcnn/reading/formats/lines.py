"""One unlabelled text on each line, as texts to be classified often are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textcnn.reading.line_records import line_records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textcnn.errors import CorpusError
    from textcnn.reading.layout import Layout
    from textcnn.reading.record import Record


def read(path: Path, layout: Layout) -> Iterator[Record | CorpusError]:
    """The texts of the file; an empty line is an empty text."""
    return line_records(path, layout, lambda line: {"text": line}, keep_blank=True)
