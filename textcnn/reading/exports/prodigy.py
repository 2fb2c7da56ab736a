"""Prodigy: what was answered, and either the label that was shown or the options that were accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from textcnn.reading.exports.annotation import (
    IGNORED,
    REJECTED,
    UNFINISHED,
    annotated,
    left_out,
    text_fields,
    unreadable,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textcnn.reading.exports.annotation import Annotation
    from textcnn.reading.record import Record

_ANSWERS: Final = ("accept", "reject", "ignore")
_FIELDS: Final = frozenset(
    {"_input_hash", "_task_hash", "_view_id", "_session_id", "options", "accept", "text"}
)
_OWN: Final = frozenset({"answer", "label", "accept", "options", "config", "spans", "tokens", "meta"})
"""Fields of the annotation, and not of the text."""


def recognises(record: Record) -> bool:
    """Whether it has an answer, as no other tool writes one."""
    return record.values.get("answer") in _ANSWERS and not _FIELDS.isdisjoint(record.values)


def questions(_sample: Sequence[Record]) -> tuple[str, ...]:
    """One question a task."""
    return ("label",)


def read(record: Record, _question: str | None) -> list[Annotation]:
    """The row of an accepted task: `accept` holds ids of its options, `label` the one that was shown."""
    values = record.values
    answer = values.get("answer")
    if answer != "accept":
        reason = {"reject": REJECTED, "ignore": IGNORED}.get(str(answer), UNFINISHED)
        return [left_out(record, reason)]
    if "accept" in values:
        accepted = values["accept"]
        labels = _names(values.get("options"), accepted if isinstance(accepted, list) else [accepted])
        if not labels and _has_one_answer(values.get("config")):
            return [left_out(record, UNFINISHED)]
    elif isinstance(values.get("label"), str) and values["label"]:
        labels = [values["label"]]
    elif values.get("spans"):
        return [unreadable(record, "holds parts of the text; expected labels of the whole text", "spans")]
    else:
        return [left_out(record, UNFINISHED)]
    fields = {name: each for name, each in values.items() if name not in _OWN and not name.startswith("_")}
    return [annotated(record, text_fields(fields), labels)]


def _names(options: object, accepted: Sequence[object]) -> list[object]:
    """The labels of these ids; an id that is a number has its option's text as its name."""
    shown = {
        str(option.get("id")): option.get("text")
        for option in (options if isinstance(options, list) else [])
        if isinstance(option, dict)
    }
    return [shown.get(str(each)) or each if str(each).isdigit() else each for each in accepted]


def _has_one_answer(config: Any) -> bool:  # noqa: ANN401  # as the file has it
    return isinstance(config, dict) and config.get("choice_style") == "single"
