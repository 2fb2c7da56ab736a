"""Lines as fastText has them: `__label__x text`, with labels wherever fastText takes them for such."""

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
_LABEL: Final = re.compile(rf"(?:^|(?<=\s)){_PREFIX}(\S+)\s*")
_JOINT: Final = re.compile(rf"[,;|]{_PREFIX}")
"""Between labels that stand in one word."""
_LONE_COMMA: Final = re.compile(r",\s+")
"""Between the labels and the text, as some corpora write it: of neither."""


def read(path: Path, layout: Layout) -> Iterator[Item]:
    """The records of the file, each with a list of labels."""
    return line_records(path, layout, _values)


def recognises(start: FileStart) -> bool:
    """Whether most lines begin or end with a label."""
    return sum(_has_label_outside(line) for line in start.lines) > len(start.lines) / 2


def _has_label_outside(line: str) -> bool:
    words = line.split()
    return bool(words) and (words[0].startswith(_PREFIX) or words[-1].startswith(_PREFIX))


def _values(line: str) -> dict[str, object]:
    labels = [label for found in _LABEL.findall(line) for label in _JOINT.split(found.rstrip(",;|")) if label]
    if not labels:
        raise ValueError(f"the line has no label; expected {_PREFIX}NAME at its beginning or end")
    if not line.lstrip().startswith(_PREFIX):
        return {"label": labels, "text": _LABEL.sub("", line).rstrip()}
    begun = len(line) - len(line.lstrip())
    while match := _LABEL.match(line, begun):
        begun = match.end()
    comma = _LONE_COMMA.match(line, begun)
    text = line[comma.end() if comma else begun :]
    return {"label": labels, "text": _LABEL.sub("", text).rstrip() if _PREFIX in text else text}
