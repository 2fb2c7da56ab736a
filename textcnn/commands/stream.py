"""Lines of a stream as they come, so that a person gets an answer at once and a pipe gets large batches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedIOBase

_BLOCK = 1 << 16
_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end, counted from 1."""

    number: int
    text: str
    """Where bytes are not UTF-8, with U+FFFD in their place."""
    valid: bool = True
    """All of its bytes are UTF-8."""


def read_lines(stream: BufferedIOBase) -> Iterator[list[Line]]:
    """The lines of a stream, in lists of those that could be read without waiting.

    A line ends at a line feed, before which a carriage return is dropped. The last line may lack its end.
    """
    number = 0
    pieces: list[bytes] = []  # of a line whose end has not come yet
    while block := stream.read1(_BLOCK):
        head, newline, tail = block.rpartition(b"\n")
        if not newline:
            pieces.append(block)
            continue
        raw = b"".join([*pieces, head]).split(b"\n")
        yield [_line(number + index, line) for index, line in enumerate(raw, start=1)]
        number += len(raw)
        pieces = [tail] if tail else []
    if pieces:
        yield [_line(number + 1, b"".join(pieces))]


def _line(number: int, raw: bytes) -> Line:
    raw = raw.removesuffix(b"\r")
    try:
        text = raw.decode()
        valid = True
    except UnicodeDecodeError:
        text, valid = raw.decode(errors="replace"), False
    return Line(number, text.removeprefix(_BYTE_ORDER_MARK) if number == 1 else text, valid)
