"""One unlabelled text on each line, as texts to be classified often are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textcnn.reading.line_records import line_records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textcnn.reading.account import Item
    from textcnn.reading.layout import Layout


def read(path: Path, layout: Layout) -> Iterator[Item]:
    """The texts of the file; an empty line is an empty text."""
    return line_records(path, layout, lambda line: {"text": line}, keep_blank=True)
