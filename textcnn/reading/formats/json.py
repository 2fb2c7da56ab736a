"""A JSON array of objects, streamed: one element after the other, whatever lines they stand on."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Final

from textcnn.errors import CorpusError
from textcnn.reading.compression import damaged, open_bytes
from textcnn.reading.formats.jsonl import DECODER, checked_object
from textcnn.reading.numbered_lines import LONGEST_LINE, NumberedLines
from textcnn.reading.record import HEADER, EndOfFile, LeftOut, Record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textcnn.reading.account import Item
    from textcnn.reading.file_start import FileStart
    from textcnn.reading.layout import Layout

_ARRAY: Final = re.compile(r'\s*\[\s*($|[{\]]|\["|"[^"]*",\s*$)')
_BLANKS: Final = re.compile(r"[ \t\r\n]*")
_BLOCK: Final = 1 << 16
_CUT: Final = 16
"""Characters before the end of what was read in which a word or number may only be cut off."""


def read(path: Path, layout: Layout) -> Iterator[Item]:
    """The elements of the array; an element that is no object is an error in its place.

    Raises:
        CorpusError: while iterating; the file is no array, or is broken: nothing can follow then.
    """
    with NumberedLines(path, layout.encoding) as lines:
        encoding = lines.encoding
    with open_bytes(path) as raw, io.TextIOWrapper(raw, encoding, newline="") as text:
        yield from _covering(_ArrayText(path, text))


def recognises(start: FileStart) -> bool:
    """Whether the first line begins an array, and is not a whole one above other lines."""
    if not start.lines or not _ARRAY.match(start.lines[0]):
        return False
    if len(start.lines) == 1:
        return True
    try:
        DECODER.decode(start.lines[0].strip())
    except (ValueError, RecursionError):
        return True
    return False


def _covering(array: _ArrayText) -> Iterator[Item]:
    """Each element with the lines up to its end, so that all of them together cover the file."""
    covered, waiting = 0, None
    for first, last, value, source in array.elements():
        if waiting is not None:
            yield waiting
        lines = last - covered
        covered = last
        try:
            waiting = Record(first, array.file, checked_object(value, source), lines)
        except ValueError as error:
            yield CorpusError(str(error), file=array.file, line=first, lines=lines)
            waiting = None
    rest = array.line - covered
    yield waiting._replace(lines=waiting.lines + rest) if waiting else LeftOut(1, array.file, HEADER, rest)
    yield EndOfFile(array.file, array.line)


class _ArrayText:
    """The text of an array, a block at a time, and where in it we are."""

    def __init__(self, path: Path, text: io.TextIOWrapper) -> None:
        self.file = str(path)
        self.line = 1
        self._path, self._text = path, text
        self._buffer, self._place, self._ended = "", 0, False

    def elements(self) -> Iterator[tuple[int, int, object, str]]:
        """First line, last line, value and text of each element.

        Raises:
            CorpusError: while iterating; the text is no array.
        """
        self._expect("[", "a JSON array")
        if self._next() == "]":
            self._expect("]", "the end")
        else:
            while True:
                yield self._element()
                if self._next() != ",":
                    break
                self._expect(",", "a comma")
            self._expect("]", "a comma or the end of the array")
        if self._next():
            raise self._broken("the array is over, and more follows; expected one array in the file")
        if self._buffer.endswith("\n"):
            self.line -= 1  # the last line's own end begins no other line

    def _element(self) -> tuple[int, int, object, str]:
        self._next()
        while True:
            try:
                value, end = DECODER.raw_decode(self._buffer, self._place)
            except json.JSONDecodeError as error:
                self._more_or_raise(error)
            except RecursionError as error:
                raise self._broken("the JSON is nested too deeply; expected flat objects") from error
            else:
                if end < len(self._buffer) or self._ended:
                    break
                self._read()
        first, source = self.line, self._buffer[self._place : end]
        self._pass(end)
        return first, self.line, value, source

    def _more_or_raise(self, error: json.JSONDecodeError) -> None:
        """Read on where the element may only be cut off.

        Raises:
            CorpusError: it is broken, too long, or the file ends in it.
        """
        is_cut = error.msg.startswith("Unterminated") or error.pos > len(self._buffer) - _CUT
        if self._ended or not is_cut:
            self.line += self._buffer.count("\n", self._place, error.pos)
            end = "the file ends within the array" if is_cut else f"broken JSON ({error.msg})"
            raise self._broken(
                f"{end}; expected an array of objects: export or copy the file again"
            ) from error
        if len(self._buffer) - self._place > LONGEST_LINE:
            raise self._broken(
                f"an element is longer than {LONGEST_LINE:,} characters; expected one text in each"
            )
        self._read()

    def _next(self) -> str:
        """The next character that is no blank; nothing at the end of the file."""
        while True:
            blank = _BLANKS.match(self._buffer, self._place)
            self._pass(blank.end() if blank else self._place)
            if self._place < len(self._buffer) or self._ended:
                return self._buffer[self._place : self._place + 1]
            self._read()

    def _expect(self, character: str, called: str) -> None:
        found = self._next()
        if found != character:
            place = "the file ends" if not found else "something else stands"
            raise self._broken(f"{place} where {called} was expected; export or copy the file again")
        self._pass(self._place + 1)

    def _pass(self, end: int) -> None:
        self.line += self._buffer.count("\n", self._place, end)
        self._place = end

    def _read(self) -> None:
        """Read as much again as is left, so that a long element is not looked at again and again."""
        rest = self._buffer[self._place :]
        try:
            block = self._text.read(max(_BLOCK, len(rest)))
        except UnicodeDecodeError as error:
            remedy = "convert the file to UTF-8, or name its encoding with --encoding"
            raise self._broken(f"what follows is not valid {self._text.encoding}; {remedy}") from error
        except OSError as error:
            raise damaged(self._path) from error
        if self._place == 0 and self.line == 1 and not self._buffer:
            block = block.removeprefix("\ufeff")
        self._ended = not block
        if block:
            self._buffer, self._place = rest + block, 0

    def _broken(self, message: str) -> CorpusError:
        return CorpusError(message, file=self.file, line=self.line)
