"""Records to labelled ones: those of a tool's export, and those whose labels are places of 0 and 1.

A file that is read for its texts alone is never converted: all of its rows and columns come out again.
"""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, TypeGuard

from textcnn.errors import CorpusError
from textcnn.reading.exports.nested_fields import value_at
from textcnn.reading.exports.one_hot import one_hot_reader
from textcnn.reading.format_table import EXPORTS
from textcnn.reading.record import SAMPLE_RECORDS, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from textcnn.reading.account import Item
    from textcnn.reading.exports.annotation import Annotation
    from textcnn.reading.format_table import Export
    from textcnn.reading.layout import Layout

_SURE_QUESTIONS = ("label", "labels")


def labelled_items(items: Iterator[Item], layout: Layout, file: str) -> tuple[str | None, Iterator[Item]]:
    """The records with their labels, and the tool whose export they are; None where it is no export.

    Raises:
        CorpusError: the file is not of the export that the layout names, or answers several questions.
    """
    first = list(islice(items, SAMPLE_RECORDS))
    sample = [item for item in first if _is_sound(item)]
    everything = chain(first, items)
    if layout.label_columns and sample:
        read_places = one_hot_reader(sample, layout.label_columns, layout.label_column)
        return None, (read_places(item) if _is_sound(item) else item for item in everything)
    export = _export_of(sample, layout, file)
    if export is None:
        return None, everything
    question = _question(export, sample, layout, file)
    return export.title, _converted(everything, export, question, layout.label_column)


def _export_of(sample: Sequence[Record], layout: Layout, file: str) -> Export | None:
    """The export that the layout names, else the one that most of the records are of.

    A label column that is said, and is no question of that tool, is read as it stands.
    """
    said = EXPORTS.get(layout.format or "")
    fitting = (
        each
        for each in ([said] if said else EXPORTS.values())
        if 2 * sum(each.module.recognises(record) for record in sample) > len(sample)
    )
    export = next(fitting, None)
    if said is not None:
        if sample and export is None and not _is_readable(said, sample):
            message = (
                f"its records are not those of an export of {said.title}; leave --format out, or export again"
            )
            raise CorpusError(message, file=file, field="format")
        return said
    column = layout.label_column
    is_own = export is None or column is None or column in export.module.questions(sample)
    return export if is_own else None


def _is_readable(export: Export, sample: Sequence[Record]) -> bool:
    """Whether a reader finds rows in records that it would not have known by themselves."""
    question = next(iter(export.module.questions(sample)), None)
    return any(isinstance(item, Record) for each in sample for item in export.module.read(each, question))


def _question(export: Export, sample: Sequence[Record], layout: Layout, file: str) -> str | None:
    names: tuple[str, ...] = export.module.questions(sample)
    if layout.label_column is not None:
        return layout.label_column
    if len(names) < 2:
        return names[0] if names else None
    sure = next((name for name in _SURE_QUESTIONS if name in names), None)
    if sure is not None:
        return sure
    shown = ", ".join(f"'{name[:40]}'" for name in names[:10])
    message = f"the annotations answer several questions ({shown}); say which with --label-column"
    raise CorpusError(message, file=file, field="label_column")


def _converted(
    items: Iterator[Item], export: Export, question: str | None, label_column: str | None
) -> Iterator[Item]:
    read: Callable[[Record, str | None], list[Annotation]] = export.module.read
    for item in items:
        if not _is_sound(item):
            yield item
            continue
        for each in read(item, question):
            if label_column is not None and isinstance(each, Record):
                values = {**each.values, label_column: value_at(each.values, "label")}
                yield each._replace(values=values)
            else:
                yield each


def _is_sound(item: Item) -> TypeGuard[Record]:
    """Whether it is a record that can be read on."""
    return isinstance(item, Record) and item.error is None
