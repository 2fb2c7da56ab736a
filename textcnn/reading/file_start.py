"""The beginning of a file, by which its format is told when its name does not tell it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from textcnn.reading.compression import first_bytes
from textcnn.reading.delimiter import delimiter_fit, find_delimiter, readable_rows, separator_of
from textcnn.reading.guessing.first_row import is_header
from textcnn.reading.numbered_lines import first_lines
from textcnn.reading.record import SAMPLE_RECORDS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_MAGIC_BYTES: Final = 8


class FileStart:
    """The first bytes and lines of a file, decompressed; each is read when somebody asks for it.

    Raises:
        CorpusError: from any property, if the file cannot be opened or decompressed.
        ConfigError: from any property but `magic`, if the encoding is not known.
    """

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        self._path, self._encoding = path, encoding

    @cached_property
    def magic(self) -> bytes:
        """The bytes that mark binary formats."""
        return first_bytes(self._path, _MAGIC_BYTES)

    @cached_property
    def lines(self) -> list[str]:
        """The complete lines that are not blank, without Excel's `sep=;`."""
        lines = first_lines(self._path, self._encoding)
        return lines[1:] if lines and separator_of(lines[0]) else lines

    @cached_property
    def delimiter(self) -> str:
        """The likeliest delimiter of the lines; a comma where none fits."""
        return find_delimiter(self.lines)

    @cached_property
    def delimiter_fit(self) -> tuple[float, float]:
        """How well that delimiter fits: column names that it gives, and the share of rows of one length."""
        return delimiter_fit(self.lines, self.delimiter)

    @cached_property
    def has_header(self) -> bool:
        """Whether that delimiter fits, and the first line is unlike those below, as names are."""
        lines = self.lines[:SAMPLE_RECORDS]
        if self.delimiter_fit <= (0, 0) or _is_prose(lines, self.delimiter):
            return False
        return is_header([row for row in readable_rows(lines, self.delimiter) if row])


def _is_prose(lines: Sequence[str], delimiter: str) -> bool:
    """Whether the delimiter stands in sentences, where a blank follows it."""
    all_lines = "".join(lines)
    return 2 * all_lines.count(f"{delimiter} ") > all_lines.count(delimiter)
