"""An annotation of a tool, as a row or as one that is left out; and why it is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from textcnn.reading.record import LeftOut

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textcnn.reading.record import Record

    Annotation = Record | LeftOut
    """A row, or an annotation that is none."""

REJECTED: Final = "rejected annotations"
IGNORED: Final = "ignored annotations"
SKIPPED: Final = "skipped annotations"
DISCARDED: Final = "discarded annotations"
UNFINISHED: Final = "unfinished annotations"


def annotated(record: Record, fields: Mapping[str, object], labels: Sequence[object]) -> Record:
    """A row of the fields of a task, and of its labels under the name `label`."""
    return record._replace(values={**fields, "label": list(labels)})


def left_out(record: Record, reason: str) -> LeftOut:
    """The record counted as one that is no row."""
    return LeftOut(record.line, record.file, reason, record.lines)


def unreadable(record: Record, message: str, field: str = "label") -> Record:
    """The record of an annotation that is not as its tool writes it, with the reason."""
    return record._replace(error=f"'{field[:40]}' {message}")


def first_covers(items: Sequence[Annotation]) -> list[Annotation]:
    """The rows that one record makes, of which the first alone covers its lines."""
    return [*items[:1], *(item._replace(lines=0) for item in items[1:])]


def text_fields(fields: Mapping[str, Any], text: str | None = None) -> dict[str, Any]:
    """The fields of a task; the one that was shown, or the only one that is a string, is its `text`."""
    strings = [name for name, value in fields.items() if isinstance(value, str)]
    shown = text if text in strings else strings[0] if len(strings) == 1 else None
    return dict(fields) if "text" in fields or shown is None else {"text": fields[shown], **fields}
