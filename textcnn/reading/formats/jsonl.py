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


_TOO_DEEP: Final = "the JSON is nested too deeply; expected a flat object"


class Number(str):
    """A number of a JSON file, as it is written there."""

    __slots__ = ()


def read(path: Path, layout: Layout) -> Iterator[Item]:
    """The objects of the file; numbers stay as they are written, and NaN is as null."""
    return line_records(path, layout, _values)


def recognises(start: FileStart) -> bool:
    """Whether the first line begins an object."""
    return bool(start.lines) and start.lines[0].lstrip().startswith("{")


def checked_object(value: object, source: str) -> dict[str, object]:
    """An object that was read from this text; spaCy's pair of a text and its categories as an object, too.

    Raises:
        ValueError: it is none, or nested too deeply.
    """
    if source.count("[") + source.count("{") > DEEPEST and _is_deeper(value, DEEPEST):
        raise ValueError(_TOO_DEEP)
    if isinstance(value, dict):
        return value
    if isinstance(value, list) and len(value) == 2 and isinstance(value[1], dict) and "cats" in value[1]:
        return {"text": value[0], **value[1]}
    kind = "a list" if isinstance(value, list) else "a single value"
    raise ValueError(f'found {kind}; expected a JSON object such as {{"text": ..., "label": ...}}')


def _values(line: str) -> dict[str, object]:
    try:
        value = DECODER.decode(line)
    except json.JSONDecodeError as error:
        hint = "; this looks like one JSON document, not JSON Lines" if line.strip() in "[{" else ""
        message = (
            f"broken JSON at character {error.pos + 1} ({error.msg}); expected one object per line{hint}"
        )
        raise ValueError(message) from error
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error
    return checked_object(value, line)


def _constant(name: str) -> str | None:
    """NaN is no value, as null is; an infinite number is the text that stands for it."""
    return None if name == "NaN" else name


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


DECODER: Final = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=_constant)
"""Reads numbers as they are written."""
