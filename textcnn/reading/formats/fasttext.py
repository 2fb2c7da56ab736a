"""Lines as fastText has them: `__label__x __label__y text`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from textcnn.reading.line_records import line_records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textcnn.reading.account import Item
    from textcnn.reading.file_start import FileStart
    from textcnn.reading.layout import Layout


_PREFIX: Final = "__label__"
_LABEL: Final = re.compile(rf"\s*{_PREFIX}(\S+)(?:\s+|$)")


def read(path: Path, layout: Layout) -> Iterator[Item]:
    """The records of the file, each with a list of labels."""
    return line_records(path, layout, _values)


def recognises(start: FileStart) -> bool:
    """Whether most lines begin with a label."""
    return sum(line.startswith(_PREFIX) for line in start.lines) > len(start.lines) / 2


def _values(line: str) -> dict[str, object]:
    labels, end = [], 0
    while match := _LABEL.match(line, end):
        labels.append(match[1])
        end = match.end()
    if not labels:
        raise ValueError(f"the line has no label; expected it to begin with {_PREFIX}NAME")
    return {"label": labels, "text": line[end:]}
