"""The records of a file: columns by name, each with the line where it starts, before any is text or label.

A record that cannot be read is given as an error in its place, so that a corpus stops at the first one
and a file to be classified goes on with the next.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from textcnn.errors import CorpusError
from textcnn.reading.account import Account
from textcnn.reading.detection import find_format
from textcnn.reading.format_table import FORMATS
from textcnn.reading.layout import Layout
from textcnn.reading.record import SAMPLE_RECORDS, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from textcnn.reading.account import Item
    from textcnn.reading.read_bounds import ReadBounds

    Reader = Callable[[Path, Layout], Iterator[Item]]
    """The function `read` of each format."""


@dataclass(frozen=True)
class Records:
    """A file opened for reading: its columns, its first records, and all of them once."""

    file: str
    columns: tuple[str, ...]
    """The columns of the first records, in order of appearance."""
    sample: tuple[Record, ...]
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
    account: Account | None = None,
) -> Records:
    """The records of a file, a folder or a Hugging Face dataset, streamed in constant memory.

    `bounds` are for a columnar file, whose few bytes may stand for many.

    Raises:
        CorpusError: there is no such file, it is damaged or its format is not known.
        MissingExtraError: `hf:` without the `datasets` library.
    """
    layout = layout or Layout()
    account = Account() if account is None else account
    stream = account.counted(_stream(source, layout, bounds))
    first = list(islice(stream, SAMPLE_RECORDS))
    sample = tuple(item for item in first if isinstance(item, Record))
    columns = dict.fromkeys(name for record in sample for name in record.values)
    return Records(str(source), tuple(columns), sample, chain(first, stream), account=account)


def _stream(source: str | Path, layout: Layout, bounds: ReadBounds | None) -> Iterator[Item]:
    if str(source).startswith("hf:"):
        from textcnn.reading.hub_dataset import read_hub

        return read_hub(str(source))
    path = Path(source)
    kind = FORMATS[find_format(path, layout)]
    if kind.is_columnar and bounds is not None:
        columnar: Iterator[Record] = kind.module.read(path, layout, bounds)
        return columnar
    read: Reader = kind.module.read
    return read(path, layout)
