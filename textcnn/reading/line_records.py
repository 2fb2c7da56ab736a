"""The records of a file that has one on each line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textcnn.errors import CorpusError
from textcnn.reading.numbered_lines import NumberedLines
from textcnn.reading.record import BLANK, EndOfFile, LeftOut, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from textcnn.reading.account import Item
    from textcnn.reading.layout import Layout


def line_records(
    path: Path,
    layout: Layout,
    values: Callable[[str], dict[str, object]],
    *,
    keep_blank: bool = False,
) -> Iterator[Item]:
    """A record for each line, of the values that `values` finds in it; what it raises is of that line.

    Raises:
        CorpusError: while iterating, if the whole file cannot be read on.
        ConfigError: the encoding is not known.
    """
    with NumberedLines(path, layout.encoding) as lines:
        while True:
            try:
                line = without_line_end(next(lines))
                if keep_blank or line.strip():
                    found = values(line)
                    yield Record(
                        lines.number, lines.file, found, 1, lines.problem(lines.number, lines.number)
                    )
                else:
                    yield LeftOut(lines.number, lines.file, BLANK)
            except StopIteration:
                break
            except ValueError as error:
                yield lines.error(lines.problem(lines.number, lines.number) or str(error))
            except CorpusError as error:
                yield unless_of_whole_file(error)
        yield EndOfFile(lines.file, lines.number)


def unless_of_whole_file(error: CorpusError) -> CorpusError:
    """The error, to be given in the place of a record.

    Raises:
        CorpusError: it is about the whole file: nothing can follow.
    """
    if error.line is None:
        raise error
    return error


def without_line_end(text: str) -> str:
    """A line or a text without its last line end."""
    return text.removesuffix("\n").removesuffix("\r")
