"""The lines of a text file with their numbers, decompressed and decoded one at a time."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from textcnn.errors import CorpusError
from textcnn.reading.compression import damaged, first_bytes, open_bytes
from textcnn.reading.encoding import SAMPLE_BYTES, checked_encoding, find_encoding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

LONGEST_LINE: Final = 32 << 20
"""Bytes (characters in UTF-16) above which a line is an error, so that memory stays bounded."""

_HEAD_BYTES: Final = 1 << 16
_BLOCK_LINES: Final = 128
_BLOCK_BYTES: Final = 1 << 18


class NumberedLines:
    """An iterator over the lines of a file, line ends kept; `number` is that of the line given last.

    A line that is not valid in the encoding, or holds a NUL byte, has U+FFFD in these places, and the
    reason stands in `problems`. After an error that names a line, iteration goes on with the next one. An
    error without a line is about the whole file and ends the iteration.

    Raises:
        CorpusError: the file cannot be opened; while iterating, a line is absurdly long, or the file is
            damaged.
        ConfigError: the encoding is not known.
    """

    def __init__(self, path: str | Path, encoding: str | None = None) -> None:
        self._path = Path(path)
        self.file = str(path)
        self.number = 0
        self.problems: dict[int, str] = {}
        """By line: why it cannot be used as it was given. Whoever reads on takes out what was told."""
        self.encoding = _encoding(self._path, encoding)
        self._bytes = open_bytes(self._path)
        # In UTF-16 a newline's byte may be half of another character, so lines are cut after decoding.
        self._wide = (
            io.TextIOWrapper(self._bytes, self.encoding, "surrogatepass", newline="\n")
            if self.encoding.startswith(("utf-16", "utf-32"))
            else None
        )
        self._ended = False
        self._ready: list[bytes] = []
        """Lines that were read together, and how many of them were given."""
        self._given = 0
        self._singly = False
        """Whether these are to be given one at a time."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        if self._ended:
            raise StopIteration
        raw = self._next_raw()
        if not raw:
            self._ended = True
            raise StopIteration
        self.number += 1
        if len(raw) >= LONGEST_LINE and raw[-1:] not in ("\n", b"\n"):
            self._skip_rest()
            raise self.error(f"the line is longer than {LONGEST_LINE:,} bytes; expected one text per record")
        return self._checked(raw if isinstance(raw, str) else self._decode(raw))

    def numbered(self) -> Iterator[tuple[int, str | CorpusError]]:
        """Each line with its number, or why it cannot be read."""
        while True:
            try:
                line = next(self)
            except StopIteration:
                return
            except CorpusError as error:
                yield self.number, error
            else:
                yield self.number, line

    def block(self) -> list[str]:
        """The next lines at once, without their newlines; none where one of them needs a look of its own.

        That costs a third of asking for each. At the end there is none either.
        """
        if self._wide or self._ended:
            return []
        if self._given == len(self._ready):
            self._fill()
        lines = [] if self._singly else self._block_lines(self._ready[self._given :])
        if not lines:
            self._singly = True  # asked for one at a time, and no other look at all of them before each
            return []
        if self.number == 0:
            lines[0] = lines[0].removeprefix("\ufeff")
        self._given += len(lines)
        self.number += len(lines)
        return lines

    def back(self, lines: int) -> None:
        """Give the lines of the last block again, one at a time."""
        self._given -= lines
        self.number -= lines

    def problem(self, first: int, last: int) -> str | None:
        """Take out the first problem of these lines; None where there is none."""
        if not self.problems:
            return None
        found = [self.problems.pop(line) for line in range(first, last + 1) if line in self.problems]
        return found[0] if found else None

    def close(self) -> None:
        """Close the file; further iteration is over."""
        self._ended = True
        (self._wide or self._bytes).close()

    def error(self, message: str, line: int | None = None) -> CorpusError:
        """An error at a line, the one given last unless said."""
        return CorpusError(message, file=self.file, line=line or self.number)

    def _block_lines(self, raws: list[bytes]) -> list[str]:
        """The texts of many lines; none where one of them has a problem, and at the end."""
        raw = b"".join(raws)
        if not raw or b"\0" in raw or len(raws[-1]) >= LONGEST_LINE:
            return []
        try:
            lines = raw.decode(self.encoding).removesuffix("\n").split("\n")
        except UnicodeDecodeError:
            return []
        return lines if len(lines) == len(raws) else []

    def _next_raw(self) -> bytes | str:
        """The next line, or so much of it as a line may have; nothing at the end."""
        if self._wide:
            return self._read(LONGEST_LINE)
        if self._given == len(self._ready):
            self._fill()
        raw = self._ready[self._given] if self._ready else b""
        self._given += len(self._ready) > 0
        return raw

    def _fill(self) -> None:
        """Read some lines on; none at the end."""
        self._ready, self._given, self._singly, size = [], 0, False, 0
        while len(self._ready) < _BLOCK_LINES and size < _BLOCK_BYTES:
            raw = self._read(LONGEST_LINE)
            if not isinstance(raw, bytes) or not raw:
                return
            self._ready.append(raw)
            size += len(raw)
            if len(raw) >= LONGEST_LINE:
                return

    def _read(self, size: int) -> bytes | str:
        try:
            return (self._wide or self._bytes).readline(size)
        except UnicodeDecodeError as error:
            self._ended = True
            raise self.error("the file ends within a character; copy it again", self.number + 1) from error
        except OSError as error:
            self._ended = True
            raise damaged(self._path) from error

    def _skip_rest(self) -> None:
        while (raw := self._read(LONGEST_LINE)) and raw[-1:] not in ("\n", b"\n"):
            pass

    def _decode(self, raw: bytes) -> str:
        try:
            return raw.decode(self.encoding)
        except UnicodeDecodeError as error:
            problem = (
                f"byte {error.start + 1} of the line (0x{raw[error.start]:02X}) is not valid {self.encoding}"
            )
            remedy = "convert the file to UTF-8, or name its encoding with --encoding"
            self.problems[self.number] = f"{problem}; {remedy}"
            return raw.decode(self.encoding, "replace")

    def _checked(self, text: str) -> str:
        if self.number == 1:
            text = text.removeprefix("\ufeff")
        if "\0" in text:
            self.problems[self.number] = (
                f"found a NUL byte, which no text holds; expected {self.encoding} text: if the file is "
                "UTF-16 without a byte order mark, say --encoding utf-16-le"
            )
            return text.replace("\0", "\ufffd")
        return text


def first_lines(path: Path, encoding: str | None = None, size: int = _HEAD_BYTES) -> list[str]:
    """The complete lines in the first bytes of a file, for finding its layout; broken bytes are replaced.

    Raises:
        CorpusError: the file cannot be opened or decompressed.
    """
    raw = first_bytes(path, size)
    text = raw.decode(_encoding(path, encoding), "replace").removeprefix("\ufeff")
    lines = text.split("\n")
    if len(raw) == size and len(lines) > 1:
        lines.pop()  # cut at a byte, not at a line's end
    return [line + "\n" for line in lines if line.strip()]


def _encoding(path: Path, encoding: str | None) -> str:
    if encoding is None:
        return find_encoding(first_bytes(path, SAMPLE_BYTES))
    name = checked_encoding(encoding)
    if name in ("utf-16", "utf-32"):  # their byte order is read from the mark, or is the common one
        marked = find_encoding(first_bytes(path, 4))
        return marked if marked.startswith(name) else f"{name}-le"
    return name
