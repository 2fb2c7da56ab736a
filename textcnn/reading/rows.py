"""Rows of a labelled file: a text, its labels, and where they stand.

for row in read_rows("reviews.csv.gz"):
    row.where, row.text, row.labels      # "reviews.csv.gz:2", "good value", ("positive",)
"""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textcnn.errors import CorpusError, UnlabelledError
from textcnn.reading.columns import Columns, find_columns
from textcnn.reading.exports.joined_labels import split_labels
from textcnn.reading.exports.nested_fields import value_at
from textcnn.reading.exports.one_hot import is_one_hot, one_hot_columns
from textcnn.reading.guessing.column_names import is_known
from textcnn.reading.layout import Layout
from textcnn.reading.reading import Reading
from textcnn.reading.record import UNLABELLED
from textcnn.reading.records import open_records
from textcnn.tokens.surrogates import without_surrogates

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from textcnn.reading.account import Account
    from textcnn.reading.columns import KnownColumns
    from textcnn.reading.reading import Tell
    from textcnn.reading.record import LeftOut, Record
    from textcnn.reading.records import Records


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled text."""

    line: int
    """The physical line where the record starts, from 1; in Parquet, Arrow and hf:NAME the row."""
    text: str
    labels: tuple[str, ...]
    """Exactly one in a single-label corpus, any number in a multi-label one."""
    file: str
    """As the user named it; in a folder per label, the text's own file."""

    @property
    def where(self) -> str:
        """Where to look, as "reviews.csv:12"."""
        return f"{self.file}:{self.line}"


def read_rows(
    source: str | Path,
    layout: Layout | None = None,
    *,
    known: KnownColumns | None = None,
    account: Account | None = None,
    tell: Tell | None = None,
) -> Iterator[Row]:
    """The rows of a file, a folder per label or `hf:NAME`, streamed in constant memory.

    What the layout does not say is found from the file, `known` columns first; `tell` is told of it before
    the first row. Values are never converted: `007` stays `007`. An account that is given counts what is
    read, and what is left out.

    Raises:
        CorpusError: while iterating; the file or a row cannot be read: file, line, what to do.
        UnlabelledError: while iterating; a row has no label. It tells how many of the file have none.
        MissingExtraError: `hf:` without the `datasets` library.
    """
    items = read_labelled(source, layout, known=known, account=account, tell=tell)
    for item in items:
        if isinstance(item, Row):
            yield item
        elif isinstance(item, UnlabelledError):
            raise _with_count(item, items)


def read_labelled(
    source: str | Path,
    layout: Layout | None = None,
    *,
    known: KnownColumns | None = None,
    account: Account | None = None,
    tell: Tell | None = None,
) -> Iterator[Row | UnlabelledError | LeftOut]:
    """The rows of a file; one that only misses a label is an error in its place, or left out on request.

    It takes what `read_rows` does.

    Raises:
        CorpusError: while iterating; the file, or anything else of a row, cannot be read.
        MissingExtraError: `hf:` without the `datasets` library.
    """
    layout = layout or Layout()
    records = open_records(source, layout, account=account)
    columns = None
    for record in records.strict():
        columns = columns or _told(records, layout, labelled_columns(records, layout, known), tell)
        try:
            row = row_of(record, columns, layout.label_separator)
        except UnlabelledError as error:
            yield records.account.leave_out_row(record, UNLABELLED) if layout.skip_unlabelled else error
            continue
        if layout.skip_unlabelled and not row.labels:
            yield records.account.leave_out_row(record, UNLABELLED)
        else:
            yield row
    if columns is None:
        raise CorpusError("found no rows; expected a text and a label in each", file=records.file)


def read_texts(source: str | Path, layout: Layout | None = None) -> Iterator[str]:
    """The texts of a file whose labels, if it has any, do not matter; streamed in constant memory.

    Raises:
        CorpusError: while iterating; the file or a row cannot be read: file, line, what to do.
    """
    layout = layout or Layout()
    records = open_records(source, layout, labelled=False)
    columns = None
    for record in records.strict():
        columns = columns or find_columns(records, layout, labelled=False)
        yield text_of(record, columns)


def labelled_columns(records: Records, layout: Layout, known: KnownColumns | None = None) -> Columns:
    """The columns of text and label; those of 0 and 1 need names, which nobody can guess.

    Raises:
        CorpusError: a column is missing, none could be the label, or labels are places of 0 and 1.
    """
    places = [] if layout.label_column else one_hot_columns(records.sample)
    try:
        columns = find_columns(records, layout, known=known)
    except CorpusError as error:
        if error.field != "label_column" or not places:
            raise
        raise _unnamed_places(records, places) from error
    is_sure = known is not None and not columns.doubt
    if columns.label in places and not is_known(columns.label or "") and not is_sure:
        raise _unnamed_places(records, places)
    if columns.label is not None and is_one_hot(
        [record.values.get(columns.label) for record in records.sample]
    ):
        raise CorpusError(
            f"'{columns.label[:40]}' holds lists of 0 and 1, a place for each label; name the places "
            "in their order with --label-columns, such as --label-columns billing,delivery,return",
            file=records.file,
            field="label_columns",
        )
    return columns


def _unnamed_places(records: Records, places: Sequence[str]) -> CorpusError:
    names = ",".join(name[:40] for name in places[:20])
    message = (
        f"the columns {names} hold 0 and 1 alone, as a column for each label does; say --label-columns "
        f"{names}, or with --label-column which one is the label"
    )
    return CorpusError(message, file=records.file, field="label_columns")


def _told(records: Records, layout: Layout, columns: Columns, tell: Tell | None) -> Columns:
    if tell is not None:
        tell(Reading.of(records, layout, columns))
    return columns


def row_of(record: Record, columns: Columns, label_separator: str | None = None) -> Row:
    """A record's text and labels; columns of text are joined with a newline, absent ones left out.

    Raises:
        CorpusError: the text or the label is missing, or is not a string or number.
    """
    return Row(
        record.line, text_of(record, columns), labels_of(record, columns, label_separator), record.file
    )


def text_of(record: Record, columns: Columns) -> str:
    """A record's text, which may be empty.

    Raises:
        CorpusError: the text is missing, or is not a string or number.
    """
    parts = [_scalar(record, name) for name in columns.text]
    present = [part for part in parts if part is not None]
    if not present:
        raise _error(record, columns.text[0], "is missing; expected a text, which may be empty")
    return present[0] if len(present) == 1 else "\n".join(present)


def labels_of(record: Record, columns: Columns, label_separator: str | None = None) -> tuple[str, ...]:
    """A record's labels: one, or as many as its list or its split cell holds; each is named once.

    Raises:
        UnlabelledError: the label is missing or empty, or all of a list are.
        CorpusError: one of a list is, or it is not a string, a number or a list of these, or holds half a
            character.
    """
    if columns.label is None:
        return ()
    value = record.values.get(columns.label)
    if value is None:
        value = value_at(record.values, columns.label)
    if isinstance(value, list):
        if any(isinstance(item, (list, dict, bytes)) for item in value):
            raise _error(record, columns.label, "holds a list or an object; expected strings")
        labels = [_plain(item) for item in value]
    else:
        cell = _scalar(record, columns.label)
        if label_separator is not None:
            parts = map(str.strip, split_labels(cell or "", label_separator))
            return tuple(dict.fromkeys(part for part in parts if part))
        labels = [cell]
    for label in labels:
        if label is None or not label.strip():
            problem = "is missing" if label is None else "is empty"
            kind = CorpusError if any(each and each.strip() for each in labels) else UnlabelledError
            message = f"'{columns.label}' {problem}; expected a label"
            raise kind(message, file=record.file, line=record.line, field=columns.label)
        if label != without_surrogates(label):
            raise _error(record, columns.label, "holds half of a surrogate pair; expected whole characters")
    return tuple(dict.fromkeys(label for label in labels if label is not None))


def _scalar(record: Record, name: str) -> str | None:
    value = record.values.get(name)
    if value is None:
        value = value_at(record.values, name)
    if isinstance(value, (list, dict, bytes)):
        kind = {list: "a list", dict: "an object", bytes: "binary data"}[type(value)]
        raise _error(record, name, f"is {kind}; expected a string")
    return _plain(value)


def _plain(value: object) -> str | None:
    """A value as a string: JSON's own spelling of true and false, a number's usual one; NaN is none."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and math.isnan(value):
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _with_count(first: UnlabelledError, rest: Iterator[Row | UnlabelledError | LeftOut]) -> UnlabelledError:
    """The error of the first row without a label, with their number in the file, as far as it can be read."""
    count = 1
    with suppress(CorpusError):
        for item in rest:
            count += isinstance(item, UnlabelledError)
    rows = "1 row of the file has" if count == 1 else f"{count:,} rows of the file have"
    error = UnlabelledError(
        f"{first.message}; {rows} none: label them, or leave them out with --skip-unlabelled",
        field=first.field,
    )
    error.file, error.line = first.file, first.line
    return error


def _error(record: Record, name: str, message: str) -> CorpusError:
    return CorpusError(f"'{name}' {message}", file=record.file, line=record.line, field=name)
