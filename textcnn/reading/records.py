"""The records of a file: columns by name, each with the line where it starts, before any is text or label.

A record that cannot be read is given as an error in its place, so that a corpus stops at the first one
and a file to be classified goes on with the next.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from textcnn.errors import CorpusError
from textcnn.reading.account import Account
from textcnn.reading.columnar.read_bounds import UNBOUNDED_FILE
from textcnn.reading.compression import compression_of
from textcnn.reading.detection import find_format
from textcnn.reading.exports.class_labels import named_classes
from textcnn.reading.exports.conversion import labelled_items
from textcnn.reading.exports.nested_fields import flat
from textcnn.reading.format_table import FORMATS
from textcnn.reading.guessing.column_names import SURE_LABEL_NAMES, is_label_like
from textcnn.reading.layout import Layout
from textcnn.reading.record import SAMPLE_RECORDS, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from textcnn.reading.account import Item
    from textcnn.reading.columnar.read_bounds import ReadBounds

    Reader = Callable[[Path, Layout], Iterator[Item]]
    """The function `read` of each format."""

MOST_KEYS: Final = 10_000
_MOST_SAMPLED: Final = 100 * SAMPLE_RECORDS
"""Items that are looked at for the first records."""


@dataclass(frozen=True)
class Records:
    """A file opened for reading: its columns, its first records, and all of them once."""

    file: str
    columns: tuple[str, ...]
    """The columns of the first records, in order of appearance; fields of objects by dotted names."""
    outer: tuple[str, ...]
    """The same, an object being one column."""
    sample: tuple[Record, ...]
    """The first records; fields of objects stand there by their dotted names."""
    stream: Iterator[Record | CorpusError]
    """Every record from the first on, the sample too; an error stands for a record that is broken."""
    export: str | None = None
    """The tool whose export this is, such as "Prodigy"; its records hold `text` and `label` then."""
    account: Account = field(default_factory=Account)
    """The counts of what has been read so far, what was left out among them."""

    def strict(self) -> Iterator[Record]:
        """Every record, up to the first that is broken.

        Raises:
            CorpusError: while iterating; a record cannot be read.
        """
        for item in self.stream:
            if isinstance(item, CorpusError):
                raise item
            if item.error is not None:
                raise CorpusError(item.error, file=item.file, line=item.line)
            yield item


def open_records(
    source: str | Path,
    layout: Layout | None = None,
    bounds: ReadBounds | None = None,
    *,
    labelled: bool = True,
    account: Account | None = None,
) -> Records:
    """The records of a file, a folder or a Hugging Face dataset, streamed in constant memory.

    `bounds` are for a columnar file, whose few bytes may stand for many. With `labelled`, records of an
    annotation tool's export are its rows; without, all of a file's records come as they stand there.

    Raises:
        CorpusError: there is no such file, it is damaged or its format is not known.
        MissingExtraError: `hf:`, Excel or YAML without the library that reads it.
    """
    layout = layout or Layout()
    account = Account() if account is None else account
    items, export = _stream(source, layout, bounds, labelled=labelled)
    if labelled:
        tool, items = labelled_items(items, layout, str(source))
        export = tool or export
    stream = account.counted(items)
    first = list(_until_sampled(stream))
    sample = [item for item in first if isinstance(item, Record)]
    outer = dict.fromkeys(name for record in sample for name in record.values)
    flattened = [record._replace(values=flat(record.values)) for record in sample]
    columns = dict.fromkeys(name for record in flattened for name in record.values)
    if labelled and export is None and not _has_all(columns, layout) and _has_keys(source, layout):
        columns |= dict.fromkeys(every_column(Path(source), layout, flattened=True))
    return Records(
        str(source), tuple(columns), tuple(outer), tuple(flattened), chain(first, stream), export, account
    )


def every_column(path: Path, layout: Layout, *, flattened: bool = False) -> tuple[str, ...]:
    """The keys of all records of a file, in order of appearance: one may first come after any number of them.

    `flattened` gives fields of objects by their dotted names; else an object is one column.

    Raises:
        CorpusError: the file cannot be read on, or has more keys than a table has columns.
    """
    found: dict[str, None] = {}
    for item in open_records(path, layout, labelled=False).stream:
        values = (flat(item.values) if flattened else item.values) if isinstance(item, Record) else {}
        if not values.keys() <= found.keys():
            found |= dict.fromkeys(values)
            if len(found) > MOST_KEYS:
                raise CorpusError(
                    f"its records have more than {MOST_KEYS:,} different keys; expected a table's columns",
                    file=path,
                    line=item.line,
                )
    return tuple(found)


def _has_all(columns: Collection[str], layout: Layout) -> bool:
    """Whether the first records have every column that is said, and one whose name is that of a label."""
    said = {*layout.text_columns, *layout.label_columns, *filter(None, [layout.label_column])}
    names = [name.strip().casefold() for name in columns]
    has_label = any(name in SURE_LABEL_NAMES or is_label_like(name) for name in names)
    return said <= {*columns} and bool(has_label or layout.label_column or layout.label_columns)


def _has_keys(source: str | Path, layout: Layout) -> bool:
    """Whether each record of a source names its own columns."""
    return not str(source).startswith("hf:") and FORMATS[find_format(Path(source), layout)].has_keys


def _until_sampled(stream: Iterator[Record | CorpusError]) -> Iterator[Record | CorpusError]:
    """The first items, up to enough records among them: an export may begin with many that are left out."""
    records = 0
    for item in islice(stream, _MOST_SAMPLED):
        yield item
        records += isinstance(item, Record)
        if records == SAMPLE_RECORDS:
            return


def _stream(
    source: str | Path, layout: Layout, bounds: ReadBounds | None, *, labelled: bool
) -> tuple[Iterator[Item], str | None]:
    """The items of a source, and the tool whose format it has."""
    if str(source).startswith("hf:"):
        from textcnn.reading.exports.hub_dataset import read_hub

        return read_hub(str(source)), None
    path = Path(source)
    kind = FORMATS[find_format(path, layout)]
    if not kind.is_columnar:
        read: Reader = kind.module.read
        return read(path, layout), kind.tool or None
    bounds = bounds or UNBOUNDED_FILE
    columnar: Iterator[Item] = kind.module.read(path, layout, bounds)
    if not labelled or compression_of(path):
        return columnar, None
    return named_classes(columnar, kind.module.schema_of(path, bounds).metadata), None
