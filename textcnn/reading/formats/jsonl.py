"""JSON Lines: one object on each line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from textcnn.reading.line_records import line_records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textcnn.reading.account import Item
    from textcnn.reading.file_start import FileStart
    from textcnn.reading.layout import Layout


DEEPEST: Final = 100
"""Lists and objects within each other; who writes them again needs more of the stack than who reads them."""


class Number(str):
    """A number of a JSON file, as it is written there."""

    __slots__ = ()


def read(path: Path, layout: Layout) -> Iterator[Item]:
    """The objects of the file; numbers stay as they are written."""
    return line_records(path, layout, _values)


def recognises(start: FileStart) -> bool:
    """Whether the first line begins an object."""
    return bool(start.lines) and start.lines[0].lstrip().startswith("{")


def _values(line: str) -> dict[str, object]:
    try:
        values = json.loads(line, parse_int=Number, parse_float=Number, parse_constant=Number)
    except json.JSONDecodeError as error:
        hint = "; this looks like one JSON document, not JSON Lines" if line.strip() in "[{" else ""
        message = (
            f"broken JSON at character {error.pos + 1} ({error.msg}); expected one object per line{hint}"
        )
        raise ValueError(message) from error
    except RecursionError as error:
        raise ValueError("the JSON is nested too deeply; expected a flat object") from error
    if line.count("[") + line.count("{") > DEEPEST and _is_deeper(values, DEEPEST):
        raise ValueError("the JSON is nested too deeply; expected a flat object")
    if not isinstance(values, dict):
        kind = "a list" if isinstance(values, list) else "a single value"
        message = f'found {kind}; expected a JSON object such as {{"text": ..., "label": ...}}'
        raise ValueError(message)
    return values


def _is_deeper(value: object, most: int) -> bool:
    """Whether there are more lists and objects within each other."""
    level = [value]
    for _ in range(most + 1):
        level = [
            inner
            for each in level
            if isinstance(each, (list, dict))
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, (list, dict))
        ]
        if not level:
            return False
    return True
