"""A file labelled by a classifier that is loaded already, in the thread that asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textcnn.errors import TooLargeError
from textcnn.files.prepare import prepare
from textcnn.reading.columnar.read_bounds import ReadBounds
from textcnn.reading.compression import compression_of, damaged, open_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from textcnn.classifier import TextClassifier
    from textcnn.files.file_options import FileOptions
    from textcnn.files.label_chunk import Labelled
    from textcnn.files.outputs import Output
    from textcnn.reading.account import Account
    from textcnn.reading.reading import Reading

_BLOCK = 1 << 20


def label_in_process(
    classifier: TextClassifier,
    source: Path,
    target: Path,
    options: FileOptions,
    *,
    most_bytes: int,
    after_chunk: Callable[[Sequence[Labelled]], None],
) -> tuple[Output, Account, Reading]:
    """Label a file into another, whose directory must exist and be of this file alone.

    `most_bytes` bounds what the source unpacks to and what is written, so that a small file cannot become a
    huge one. `after_chunk` is told of each chunk, and may raise to stop. Gives how the output is written,
    the counts of what was read, and how.

    Raises:
        CorpusError: the source cannot be read.
        ConfigError: it has a column of the name of an added one.
        TooLargeError: it is a large file made small.
    """
    _check_unpacked(source, most_bytes)
    bounds = ReadBounds(most_bytes, most_bytes, most_bytes)
    opened, prepared = prepare(source, target.name, options, classifier, bounds=bounds)
    parts: list[Path] = []
    written = rows_written = 0
    for number, rows in enumerate(opened.chunks):
        if (
            len(rows) * len(prepared.output.columns) > most_bytes
        ):  # a cell takes a byte, also where it is empty
            raise _too_large(most_bytes)
        labelled = prepared.label(classifier, rows)
        after_chunk(labelled)
        data = prepared.output.write(labelled)
        written, rows_written = written + len(data), rows_written + len(labelled)
        if written > most_bytes:
            raise _too_large(most_bytes)
        parts.append(target.with_name(f"part-{number:08}"))
        parts[-1].write_bytes(data)
    opened.account.check(rows_written)
    prepared.output.assemble(parts, target)
    return prepared.output, opened.account, opened.reading


def _check_unpacked(source: Path, most_bytes: int) -> None:
    if compression_of(source) is None:
        return
    size = 0
    try:
        with open_bytes(source) as file:
            while block := file.read(_BLOCK):
                size += len(block)
                if size > most_bytes:
                    raise _too_large(most_bytes)
    except OSError as error:
        raise damaged(source) from error


def _too_large(most_bytes: int) -> TooLargeError:
    return TooLargeError(
        f"The file holds more than {most_bytes:,} bytes when it is unpacked. Send it in several parts."
    )
