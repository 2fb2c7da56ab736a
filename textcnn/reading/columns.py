"""Which columns of a file hold the text and the label."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Final

from textcnn.errors import CorpusError
from textcnn.reading.column_names import SURE_LABEL_NAMES, TEXT_NAMES, is_label_like

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textcnn.reading.layout import Layout
    from textcnn.reading.records import Records

_LABEL_LENGTH: Final = 40
_LABEL_DISTINCT: Final = 0.5


@dataclass(frozen=True)
class Columns:
    """The columns that are read: texts are joined with a newline in this order."""

    text: tuple[str, ...]
    label: str | None
    """None when the file is read without labels."""


def find_columns(records: Records, layout: Layout, *, labelled: bool = True) -> Columns:
    """The columns that the layout says, else those with a known name, else those whose values look it.

    A label has few, short values; the text is the column whose values are longest and mostly distinct.

    Raises:
        CorpusError: a column is missing, or several could be the label.
    """
    layout_columns = [("text_column", name) for name in layout.text_columns]
    layout_columns += [("label_column", layout.label_column)] if layout.label_column else []
    for option, name in layout_columns:
        if name not in records.columns:
            raise CorpusError(
                f"there is no column '{name}'; {_columns_of(records)}", file=records.file, field=option
            )
    label = _label(records, layout) if labelled else layout.label_column
    return Columns(layout.text_columns or (_text(records, label),), label)


def _text(records: Records, label: str | None) -> str:
    others = [name for name in records.columns if name != label]
    usual = _by_name(others, TEXT_NAMES)
    if usual:
        return min(usual, key=lambda name: TEXT_NAMES.index(name.strip().casefold()))
    if not others:
        remedy = "say --text-column" if label is None else "expected a text beside the label"
        raise CorpusError(
            f"no column is left for the text; {_columns_of(records)}; {remedy}", file=records.file
        )
    return max(others, key=lambda name: _text_likeness(_sampled(records, name)))


def _label(records: Records, layout: Layout) -> str:
    if layout.label_column:
        return layout.label_column
    text = layout.text_columns or tuple(_by_name(records.columns, TEXT_NAMES)[:1])
    others = [name for name in records.columns if name not in text]
    candidates = _labels_by_name(others) or _labels_by_value(records, others, text_known=bool(text))
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        names = " and ".join(f"'{name}'" for name in candidates)
        message = f"{names} could each be the label; say which with --label-column"
    else:
        message = f"no column could be the label; {_columns_of(records)}; say which with --label-column"
    raise CorpusError(message, file=records.file, field="label_column")


def _labels_by_name(names: Sequence[str]) -> list[str]:
    sure = _by_name(names, SURE_LABEL_NAMES)
    return sure or [name for name in names if is_label_like(name.strip().casefold())]


def _labels_by_value(records: Records, names: Sequence[str], *, text_known: bool) -> list[str]:
    if not text_known and names:
        text = max(names, key=lambda name: _text_likeness(_sampled(records, name)))
        names = [name for name in names if name != text]
    short = [name for name in names if fmean(map(len, _sampled(records, name))) <= _LABEL_LENGTH]
    if len(names) == 1:
        return short  # what stands beside the text, however many distinct labels the sample has
    return [name for name in short if _distinct_share(_sampled(records, name)) <= _LABEL_DISTINCT]


def _by_name(names: Iterable[str], known: Iterable[str]) -> list[str]:
    known = frozenset(known)
    return [name for name in names if name.strip().casefold() in known]


def _text_likeness(values: Sequence[str]) -> float:
    return fmean(map(len, values)) * _distinct_share(values)


def _distinct_share(values: Sequence[str]) -> float:
    return len(set(values)) / len(values)


def _sampled(records: Records, name: str) -> list[str]:
    return [str(value) for record in records.sample if (value := record.values.get(name)) is not None] or [""]


def _columns_of(records: Records) -> str:
    shown = ", ".join(name[:40] for name in records.columns[:20])
    return f"columns found: {shown}" + (", ..." if len(records.columns) > 20 else "")
