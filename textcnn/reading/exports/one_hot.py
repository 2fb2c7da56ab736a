"""Labels as numbers, one place a label: in columns of 0 and 1, or in a list of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textcnn.errors import CorpusError
from textcnn.reading.exports.nested_fields import value_at
from textcnn.reading.guessing.column_names import SURE_LABEL_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textcnn.reading.record import Record

_GIVEN: Final = {"1": True, "1.0": True, "true": True, "0": False, "0.0": False, "false": False}
_NAMES_SHOWN: Final = 20


def one_hot_reader(
    sample: Sequence[Record], names: tuple[str, ...], label_column: str | None
) -> Callable[[Record], Record]:
    """A function that gives a record its labels: those of these columns, or of the places of a list.

    Raises:
        CorpusError: there are neither such columns nor a list with a place for each name.
    """
    if all(any(value_at(record.values, name) is not None for record in sample) for name in names):
        return lambda record: _of_columns(record, names)
    column = _list_column(sample, len(names), label_column)
    if column is not None:
        return lambda record: _of_list(record, column, names)
    there = dict.fromkeys(name for record in sample for name in record.values)
    shown = ", ".join(name[:40] for name in list(there)[:_NAMES_SHOWN])
    message = (
        f"found neither a column for each of the {len(names)} labels, nor a list of as many 0 and 1; "
        f"columns found: {shown}"
    )
    raise CorpusError(message, file=sample[0].file if sample else None, field="label_columns")


def is_one_hot(values: Sequence[object]) -> bool:
    """Whether lists are places of 0 and 1: of one length, and not the names `0` and `1` in their order."""
    lists = [value for value in values if isinstance(value, list)]
    if not lists or len(lists) < len(values) or len({len(each) for each in lists}) != 1 or len(lists[0]) < 2:
        return False
    texts = [[_text(item) for item in each] for each in lists]
    return all(_GIVEN.keys() >= {*each} for each in texts) and any(each != sorted({*each}) for each in texts)


def one_hot_columns(sample: Sequence[Record]) -> list[str]:
    """The columns that hold 0 and 1 alone, where there are several of them, each with both."""
    names = dict.fromkeys(name for record in sample for name in record.values)
    seen = {name: {_text(record.values.get(name)) for record in sample} for name in names}
    places = [name for name, texts in seen.items() if texts and texts <= _GIVEN.keys()]
    return places if len(places) > 1 and any(len(seen[name]) > 1 for name in places) else []


def _of_columns(record: Record, names: Sequence[str]) -> Record:
    labels = []
    for name in names:
        given = _GIVEN.get(_text(value_at(record.values, name)))
        if given is None:
            message = f"'{name[:40]}' is neither 0 nor 1; expected a column of them for each label"
            return record._replace(error=message)
        labels += [name] * given
    return _labelled(record, labels, without=names)


def _of_list(record: Record, column: str, names: Sequence[str]) -> Record:
    places = value_at(record.values, column)
    given = [_GIVEN.get(_text(each)) for each in places] if isinstance(places, list) else []
    if len(given) != len(names) or None in given:
        message = f"'{column[:40]}' is no list of {len(names)} numbers 0 and 1, one for each label"
        return record._replace(error=message)
    return _labelled(record, [name for name, is_given in zip(names, given, strict=True) if is_given])


def _labelled(record: Record, labels: list[str], without: Sequence[str] = ()) -> Record:
    values = {name: value for name, value in record.values.items() if name not in without}
    return record._replace(values={**values, "label": labels})


def _list_column(sample: Sequence[Record], length: int, label_column: str | None) -> str | None:
    names = dict.fromkeys(name for record in sample for name in record.values)
    candidates = (
        [label_column] if label_column else sorted(names, key=lambda name: name not in SURE_LABEL_NAMES)
    )
    for name in candidates:
        values = [value_at(record.values, name) for record in sample]
        lists = [value for value in values if isinstance(value, list)]
        if lists and all(len(each) == length and _GIVEN.keys() >= {*map(_text, each)} for each in lists):
            return name
    return None


def _text(value: object) -> str:
    return str(value).strip().casefold()
