"""Label Studio: JSON with the annotations of each task; JSON-MIN and CSV with a row for each annotation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from textcnn.reading.exports.annotation import (
    SKIPPED,
    UNFINISHED,
    annotated,
    first_covers,
    left_out,
    text_fields,
    unreadable,
)
from textcnn.reading.guessing.column_names import TEXT_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textcnn.reading.exports.annotation import Annotation
    from textcnn.reading.record import Record

_ANNOTATIONS: Final = ("annotations", "completions")
"""The second is what version 0.9 called them."""
_ANSWERS: Final = ("choices", "taxonomy", "rating")
"""The kinds of answer that are about a whole text."""
_OWN: Final = frozenset(
    {
        "annotation_id",
        "annotator",
        "created_at",
        "updated_at",
        "id",
        "lead_time",
        "agreement",
        "was_cancelled",
    }
    | {"created_username", "completed_by", "predictions", "inner_id"}
)


def recognises(record: Record) -> bool:
    """Whether it is a task with annotations, or a row with what is told of an annotation."""
    values = record.values
    if isinstance(values.get("data"), dict):
        return any(isinstance(values.get(name), list) for name in _ANNOTATIONS)
    return "annotation_id" in values and not {"annotator", "lead_time"}.isdisjoint(values)


def questions(sample: Sequence[Record]) -> tuple[str, ...]:
    """The names of what was asked, in order of appearance."""
    tasks = [name for record in sample for name in _asked(record)]
    rows = [record for record in sample if not isinstance(record.values.get("data"), dict)]
    return tuple(dict.fromkeys(tasks)) or _asked_in_rows(rows)


def read(record: Record, question: str | None) -> list[Annotation]:
    """A row for each annotation of a task: two annotators who disagree make a contradiction."""
    data = record.values.get("data")
    if not isinstance(data, dict):
        return [_row(record, question)]
    annotations = [each for each in _annotations(record) if isinstance(each, dict)]
    done = [each for each in annotations if not each.get("was_cancelled")]
    if not done:
        return [left_out(record, SKIPPED if annotations else UNFINISHED)]
    sure = [each for each in done if each.get("ground_truth")]
    return first_covers([_annotation(record, data, each, question) for each in sure or done])


def _annotation(
    record: Record, data: dict[str, Any], annotation: dict[str, Any], question: str | None
) -> Annotation:
    results = [each for each in _results(annotation) if question in (None, each.get("from_name"))]
    labels = [label for each in results for label in _labels(each.get("value"))]
    if labels:
        return annotated(record, text_fields(data, str(results[0].get("to_name"))), labels)
    if any("labels" in str(each.get("type")) for each in _results(annotation)):
        message = "holds parts of the text; expected choices for the whole text"
        return unreadable(record, message, "annotations")
    return left_out(record, UNFINISHED)


def _row(record: Record, question: str | None) -> Annotation:
    """A row of JSON-MIN or CSV; several choices are an object there, one is the word alone."""
    values = {name: each for name, each in record.values.items() if name not in _OWN}
    if str(record.values.get("was_cancelled")).casefold() == "true":
        return left_out(record, SKIPPED)
    answer = values.pop(question, None) if question is not None else None
    labels = _labels(_parsed(answer))
    return annotated(record, text_fields(values), labels) if labels else left_out(record, UNFINISHED)


def _asked(record: Record) -> Iterator[str]:
    for annotation in _annotations(record):
        for result in _results(annotation):
            if _labels(result.get("value")):
                yield str(result.get("from_name"))


def _asked_in_rows(rows: Sequence[Record]) -> tuple[str, ...]:
    """The columns with answers of several choices; else those beside a column with a text's name."""
    names = [name for name in dict.fromkeys(name for row in rows for name in row.values) if name not in _OWN]
    certain = [name for name in names if any(_is_answer(_parsed(row.values.get(name))) for row in rows)]
    if certain:
        return tuple(certain)
    text = next((name for name in TEXT_NAMES if name in names), None)
    return tuple(name for name in names if name != text) if text is not None else ()


def _annotations(record: Record) -> list[Any]:
    annotations = next((record.values[name] for name in _ANNOTATIONS if name in record.values), None)
    return annotations if isinstance(annotations, list) else []


def _results(annotation: Any) -> list[dict[str, Any]]:  # noqa: ANN401  # as the file has it
    results = annotation.get("result") if isinstance(annotation, dict) else None
    return [each for each in results if isinstance(each, dict)] if isinstance(results, list) else []


def _parsed(answer: object) -> object:
    """A cell of CSV that holds an answer as JSON, as that; anything else as it is."""
    if not isinstance(answer, str) or not answer.startswith(("{", "[")):
        return answer
    try:
        value = json.loads(answer)
    except (ValueError, RecursionError):
        return answer
    return value if _is_answer(value) or isinstance(value, list) else answer


def _is_answer(value: object) -> bool:
    return isinstance(value, dict) and any(name in value for name in _ANSWERS)


def _labels(value: Any) -> list[object]:  # noqa: ANN401  # as the file has it
    """The labels of an answer; a path in a taxonomy is one, its parts joined by a slash."""
    if isinstance(value, dict):
        value = next((value[name] for name in _ANSWERS if name in value), None)
    several = value if isinstance(value, list) else [value]
    labels = ["/".join(map(str, each)) if isinstance(each, list) else each for each in several]
    return [each for each in labels if each is not None and str(each).strip() and not isinstance(each, dict)]
