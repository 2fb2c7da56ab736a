"""Columns of other annotators: labels of the same texts, which are not read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textcnn.reading.record import Record

_FEWEST: Final = 20
"""Records from which on columns are compared."""
_SHARED: Final = 0.8


def other_annotators(sample: Sequence[Record], label: str | None, texts: Sequence[str]) -> list[str]:
    """The columns whose values are those of the label column, nearly all, but not the same in each row."""
    if label is None or len(sample) < _FEWEST:
        return []
    own = [_text(record, label) for record in sample]
    names = {name: None for record in sample for name in record.values if name not in {label, *texts}}
    return [name for name in names if _is_alike([_text(record, name) for record in sample], own)]


def _is_alike(values: Sequence[str], own: Sequence[str]) -> bool:
    here, there = {*values} - {""}, {*own} - {""}
    if len(here) < 2 or len(there) < 2 or here | there <= {"0", "1"}:
        return False
    shared = here & there
    if len(shared) < _SHARED * max(len(here), len(there)):
        return False
    same = sum(one == other for one, other in zip(values, own, strict=True))
    return same < len(own) and 2 * same > len(own) / len(there)


def _text(record: Record, name: str) -> str:
    value = record.values.get(name)
    return "" if value is None else str(value)
