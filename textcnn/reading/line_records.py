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
        file = lines.file
        for number, line in _without_ends(lines):
            if isinstance(line, CorpusError):
                yield unless_of_whole_file(line)
            elif not keep_blank and not line.strip():
                yield LeftOut(number, file, BLANK)
            else:
                problem = lines.problem(number, number) if lines.problems else None
                try:
                    yield Record(number, file, values(line), 1, problem)
                except ValueError as error:
                    yield lines.error(problem or str(error), number)
        yield EndOfFile(file, lines.number)


def _without_ends(lines: NumberedLines) -> Iterator[tuple[int, str | CorpusError]]:
    """Each line and its number, many at once where they can be, or why it cannot be read."""
    singly = lines.numbered()
    while True:
        while block := lines.block():
            yield from enumerate(map(without_line_end, block), lines.number - len(block) + 1)
        number, line = next(singly, (0, None))
        if line is None:
            return
        yield number, line if isinstance(line, CorpusError) else without_line_end(line)


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
