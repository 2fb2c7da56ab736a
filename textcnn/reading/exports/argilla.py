"""Argilla: records of version 1 with their annotation, and those of version 2 with responses to questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from textcnn.reading.exports.annotation import (
    DISCARDED,
    UNFINISHED,
    annotated,
    first_covers,
    left_out,
    text_fields,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textcnn.reading.exports.annotation import Annotation
    from textcnn.reading.record import Record

_RESPONSES: Final = ".responses"
"""Ends the name of a question's column where records were made a table."""
_TOLD: Final = frozenset({"value", "status"})
_OWN: Final = frozenset(
    {
        "id",
        "status",
        "_server_id",
        "external_id",
        "metadata",
        "metrics",
        "vectors",
        "explanation",
        "multi_label",
    }
    | {
        "annotation",
        "annotation_agent",
        "prediction",
        "prediction_agent",
        "event_timestamp",
        "search_keywords",
    }
    | {"inputs", "fields", "responses", "suggestions", "search_keywords", "inserted_at", "updated_at"}
)


def recognises(record: Record) -> bool:
    """Whether it has an annotation beside a prediction and a status, or responses to questions."""
    values = record.values
    if {"annotation", "prediction"} <= values.keys():
        return bool({"status", "annotation_agent"} & values.keys())
    return bool(_responses(record)) or (isinstance(values.get("fields"), dict) and "responses" in values)


def questions(sample: Sequence[Record]) -> tuple[str, ...]:
    """The names of the questions, in order of appearance; a record of version 1 has one."""
    if any("annotation" in record.values for record in sample):
        return ("annotation",)
    return tuple(dict.fromkeys(name for record in sample for name, _, _ in _responses(record)))


def read(record: Record, question: str | None) -> list[Annotation]:
    """A row for each response that was sent in; drafts, discarded and missing ones are left out."""
    values = record.values
    status = str(values.get("status")).casefold()
    if "annotation" in values:
        labels = _labels(values["annotation"])
        if status == "discarded" or not labels:
            return [left_out(record, DISCARDED if status == "discarded" else UNFINISHED)]
        return [annotated(record, _fields(record), labels)]
    responses = [(value, how) for name, value, how in _responses(record) if name == question]
    sent = [labels for value, how in responses if how in ("submitted", "none") and (labels := _labels(value))]
    if not sent:
        is_discarded = "discarded" in {status, *(how for _, how in responses)}
        return [left_out(record, DISCARDED if is_discarded else UNFINISHED)]
    return first_covers([annotated(record, _fields(record), labels) for labels in sent])


def _fields(record: Record) -> dict[str, Any]:
    """The texts that were shown: the fields of a record, or a table's columns but those of annotations."""
    values = record.values
    objects = [each for name in ("fields", "inputs") if isinstance(each := values.get(name), dict)]
    shown: dict[str, Any] = objects[0] if objects else {}
    if not objects:
        asked = {name for name, _, _ in _responses(record)}
        shown = {
            name: each for name, each in values.items() if name not in _OWN and not _is_about(name, asked)
        }
    text = values.get("text")
    return text_fields({"text": text, **shown} if isinstance(text, str) else shown)


def _is_about(name: str, asked: set[str]) -> bool:
    return name in asked or any(name.startswith((f"{each}.", f"{each}-")) for each in asked)


def _responses(record: Record) -> Iterator[tuple[str, Any, str]] | list[tuple[str, Any, str]]:
    """The name of a question, the value of a response to it, and its status; "none" where it has none."""
    values = record.values
    responses = values.get("responses")
    if isinstance(responses, dict):
        return [
            (name, each.get("value"), _status(each))
            for name, several in responses.items()
            for each in _dicts(several)
        ]
    if isinstance(responses, list):
        return [
            (name, each.get("value") if isinstance(each, dict) else each, _status(response))
            for response in _dicts(responses)
            for name, each in _items(response.get("values"))
        ]
    return [found for name in values for found in _of_column(record, name)]


def _of_column(record: Record, name: str) -> list[tuple[str, Any, str]]:
    value = record.values[name]
    if name.endswith(_RESPONSES) and isinstance(value, list):
        statuses = record.values.get(f"{name}.status")
        told = statuses if isinstance(statuses, list) else [None] * len(value)
        pairs = zip(value, told, strict=False)
        return [(name.removesuffix(_RESPONSES), each, str(how).casefold()) for each, how in pairs]
    if isinstance(value, dict) and value.keys() >= _TOLD and isinstance(value["value"], list):
        pairs = zip(value["value"], value["status"] or [], strict=False)
        return [(name, each, str(how).casefold()) for each, how in pairs]
    if isinstance(value, list) and value and all(isinstance(x, dict) and x.keys() >= _TOLD for x in value):
        return [(name, each["value"], _status(each)) for each in value]
    return []


def _status(response: dict[str, Any]) -> str:
    return str(response.get("status")).casefold()


def _dicts(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _items(value: object) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, dict) else []


def _labels(value: object) -> list[object]:
    several = value if isinstance(value, list) else [value]
    return [each for each in several if each is not None and str(each).strip()]
