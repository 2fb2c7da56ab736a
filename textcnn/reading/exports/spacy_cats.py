"""spaCy's `cats`: every category with a number, of texts, of pairs as version 2 had them, or of a corpus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textcnn.reading.exports.annotation import (
    UNFINISHED,
    annotated,
    first_covers,
    left_out,
    text_fields,
    unreadable,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textcnn.reading.exports.annotation import Annotation
    from textcnn.reading.record import Record

_GIVEN = 0.5
"""The least number of a category that a text has."""


def recognises(record: Record) -> bool:
    """Whether it has categories with numbers, or paragraphs."""
    cats = record.values.get("cats")
    if isinstance(cats, dict):
        return "text" in record.values and all(_number(each) is not None for each in cats.values())
    return bool(_paragraphs(record))


def questions(_sample: Sequence[Record]) -> tuple[str, ...]:
    """One set of categories a text."""
    return ("cats",)


def read(record: Record, _question: str | None) -> list[Annotation]:
    """The rows of a text or of the paragraphs of a document; a text without categories is left out."""
    paragraphs = _paragraphs(record)
    if not paragraphs:
        return [_row(record, dict(record.values))]
    rows = [
        record._replace(values={"text": each.get("raw"), "cats": _by_name(each.get("cats"))})
        for each in paragraphs
    ]
    return first_covers([_row(row, dict(row.values)) for row in rows])


def _row(record: Record, values: dict[str, Any]) -> Annotation:
    cats = values.pop("cats", None)
    if not isinstance(cats, dict) or not cats:
        return left_out(record, UNFINISHED)
    numbers = {name: _number(each) for name, each in cats.items()}
    if None in numbers.values():
        return unreadable(record, "holds a category without a number; expected 0 to 1 for each", "cats")
    return annotated(
        record, text_fields(values), [name for name, each in numbers.items() if (each or 0) >= _GIVEN]
    )


def _paragraphs(record: Record) -> list[dict[str, Any]]:
    paragraphs = record.values.get("paragraphs")
    if not isinstance(paragraphs, list) or not all(isinstance(each, dict) for each in paragraphs):
        return []
    return paragraphs if any("cats" in each for each in paragraphs) else []


def _by_name(cats: object) -> object:
    if not isinstance(cats, list):
        return cats
    return {str(each.get("label")): each.get("value") for each in cats if isinstance(each, dict)}


def _number(value: object) -> float | None:
    """A category's number; one that a table has no value for is 0."""
    try:
        return 0.0 if value is None else float(str(value).lower().replace("true", "1").replace("false", "0"))
    except ValueError:
        return None
