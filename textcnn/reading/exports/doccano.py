"""doccano, of projects that classify texts: JSONL, JSON and CSV, whose labels are joined by `#`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from textcnn.reading.exports.annotation import UNFINISHED, annotated, left_out, unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textcnn.reading.exports.annotation import Annotation
    from textcnn.reading.record import Record

_OWN: Final = frozenset(
    {"id", "text", "data", "label", "labels", "annotations", "Comments", "comments", "meta"}
    | {"annotation_approver", "username", "user", "entities", "relations", "cats"}
)
_LABELS: Final = ("label", "labels", "annotations")
_JOINED: Final = "#"
_SPANS: Final = (
    "holds parts of the text, as [start, end, name]; expected labels of the whole text, as a project "
    "for text classification has them"
)


def recognises(record: Record) -> bool:
    """Whether it has the fields of an example alone, and a list of labels; in CSV, names that only it has."""
    values = record.values
    if not {"id"} <= values.keys() <= _OWN or not {"text", "data"} & values.keys():
        return False
    labels = _labels(record)
    if isinstance(labels, str) or labels is None:
        return "label" in values and ("data" in values or "Comments" in values)
    return isinstance(labels, list)


def questions(_sample: Sequence[Record]) -> tuple[str, ...]:
    """One question a project, whose name is not told: a label column that is said is read as it stands."""
    return ()


def read(record: Record, _question: str | None) -> list[Annotation]:
    """The row of an example; one that nobody labelled is left out."""
    values = record.values
    labels = _labels(record)
    if isinstance(labels, str):
        parts = labels.split(_JOINED)
        labels = parts if all(part.strip() for part in parts) else [labels.strip()] if labels.strip() else []
    if not labels or not isinstance(labels, list):
        return [left_out(record, UNFINISHED)]
    if any(isinstance(label, (list, dict)) and "label" not in label for label in labels):
        return [unreadable(record, _SPANS)]
    names = [label["label"] if isinstance(label, dict) else label for label in labels]
    if any(isinstance(label, dict) for label in labels) and all(str(name).isdigit() for name in names):
        message = "holds numbers that stand for labels; export the project with the texts of its labels"
        return [unreadable(record, message, "annotations")]
    fields = {name: each for name, each in values.items() if name not in _OWN - {"text"}}
    return [annotated(record, {**fields, "text": values.get("text", values.get("data"))}, names)]


def _labels(record: Record) -> Any:  # noqa: ANN401  # as the file has it
    if record.values.get("entities"):
        return [record.values["entities"]]
    return next((record.values[name] for name in _LABELS if name in record.values), None)
