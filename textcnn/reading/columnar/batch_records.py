"""The records of a columnar file, a batch of rows at a time: each checked, measured, and only then read."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from textcnn.errors import CorpusError, TooLargeError
from textcnn.reading.columnar.value_sizes import TooManyValuesError, value_sizes
from textcnn.reading.compression import compression_of, damaged
from textcnn.reading.record import EndOfFile, Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from textcnn.reading.columnar.read_bounds import ReadBounds

BATCH_ROWS: Final = 1000


def batch_records(path: Path, batches: Iterable[Any], bounds: ReadBounds) -> Iterator[Record | EndOfFile]:
    """The rows of a columnar file, of its batches; a record's line is its row, from 1.

    Raises:
        CorpusError: while iterating; the file is compressed as a whole, damaged, or a part of it is too
            large to be held.
        TooLargeError: while iterating; the whole of it is.
    """
    if compression_of(path):
        message = "a columnar file inside a compressed one is not read; decompress it first"
        raise CorpusError(message, file=path)
    row = 0
    file = str(path)
    reader = _CheckedReader(path, bounds)
    for batch in reader.checked(batches):
        for values in batch:
            row += 1
            yield Record(row, file, values)
    yield EndOfFile(file, reader.rows)


def damaged_columns(path: Path, error: Exception) -> CorpusError:
    """The error for what the library says of a columnar file; where it lacks memory, that is it."""
    if isinstance(error, MemoryError):
        return CorpusError(
            "its values need more memory than there is; write it with smaller row groups or batches",
            file=path,
        )
    return damaged(path)


class _CheckedReader:
    """The rows of a file so far, and the bytes of their values."""

    def __init__(self, path: Path, bounds: ReadBounds) -> None:
        self._path, self._bounds = path, bounds
        self._rows = self._bytes = 0
        self.rows = 0
        """Of the batches that were looked at, as they tell it."""

    def checked(self, batches: Iterable[Any]) -> Iterator[list[dict[str, Any]]]:
        """The rows of each batch as Python values, some at a time."""
        try:
            for batch in batches:
                self.rows += batch.num_rows
                self._check_names(batch.schema.names)
                self._check_buffers(batch)
                for start in range(0, batch.num_rows, BATCH_ROWS):
                    some = batch.slice(start, BATCH_ROWS)
                    self._measure(some)
                    yield some.to_pylist()
                    self._rows += some.num_rows
        except UnicodeDecodeError as error:
            raise self._no_text() from error
        except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
            raise damaged_columns(self._path, error) from error

    def _check_names(self, names: list[str]) -> None:
        name, count = Counter(names).most_common(1)[0] if names else ("", 0)
        if count > 1:
            raise CorpusError(f"two columns are called '{name[:40]}'; rename one", file=self._path)

    def _check_buffers(self, batch: Any) -> None:  # noqa: ANN401  # pyarrow ships no types
        """Check every offset, index and text of a batch: a false one points into other memory."""
        if batch.num_rows > self._bounds.decoded:
            raise self._too_many(batch.num_rows)
        try:
            batch.validate(full=True)
        except pa.ArrowInvalid as error:
            raise (self._no_text() if "UTF8" in str(error) else damaged(self._path)) from error

    def _measure(self, some: Any) -> None:  # noqa: ANN401
        bounds, size = self._bounds, some.num_rows
        try:
            for column in some.columns:
                size += int(value_sizes(column, bounds.rows).sum())
                if size > bounds.rows:
                    break
        except TooManyValuesError:
            size = bounds.rows + 1
        self._bytes += size
        if bounds.file is not None and self._bytes > bounds.file:
            raise TooLargeError(
                f"The file holds more than {bounds.file:,} bytes when it is unpacked. "
                "Send it in several parts."
            )
        if size > bounds.rows:
            raise self._too_many(some.num_rows)

    def _too_many(self, rows: int) -> CorpusError:
        return CorpusError(
            f"the values of {rows:,} rows from row {self._rows + 1} take more than "
            f"{self._bounds.rows / 1e6:,.0f} MB; write shorter values, or raise --memory",
            file=self._path,
        )

    def _no_text(self) -> CorpusError:
        first, last = self._rows + 1, self._rows + BATCH_ROWS
        message = f"a text between rows {first} and {last} is not valid UTF-8; write the file again"
        return CorpusError(message, file=self._path)
