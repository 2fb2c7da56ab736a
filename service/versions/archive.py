"""A model directory as one file, `.tar.gz`: packed for a download, unpacked with suspicion."""

from __future__ import annotations

import gzip
import io
import re
import shutil
import tarfile
import zlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, Final

from textcnn.directory import CARD, CONFIG, MANIFEST, WEIGHTS
from textcnn.errors import InputError, TooLargeError

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.directory import ModelDirectory

MOST_FILES: Final = 64
LARGEST: Final = 4_000_000_000
"""Bytes that an archive may unpack to."""
LARGEST_FILE: Final = 64_000_000
"""Bytes of any file but the weights, such as a tokenizer of a million tokens."""
LARGEST_OF: Final = {CARD: 1_000_000, CONFIG: 16_000_000, MANIFEST: 1_000_000, WEIGHTS: LARGEST}
_NAME: Final = re.compile(r"[A-Za-z0-9._+ -]{1,100}")
_BLOCK: Final = 1 << 20


def pack(model: ModelDirectory, stream: BinaryIO) -> None:
    """Write a model's files, checked, to a stream; equal models give equal bytes."""
    names = sorted(model.verify())
    with (
        gzip.GzipFile(filename="", fileobj=stream, mode="wb", mtime=0, compresslevel=6) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = (model.path / name).stat().st_size
            member.mode = 0o644
            with (model.path / name).open("rb") as file:
                archive.addfile(member, file)


def unpack(stream: BinaryIO, into: Path, *, largest: int = LARGEST) -> None:
    """Write the plain files of an archive into an existing empty directory; nothing in it is run.

    The files lie at the top or in one directory. Links, devices, paths that lead elsewhere and files in
    deeper directories are refused, and so is what unpacks to more than `largest` bytes, or holds a file
    that is larger than a model's. A file goes to disk block by block.

    Raises:
        InputError: it is no .tar.gz, is cut off, or holds something else than plain files.
        TooLargeError: it would unpack to too much.
    """
    try:
        with gzip.GzipFile(fileobj=stream, mode="rb") as zipped:
            bounded = io.BufferedReader(_Bounded(zipped, largest))
            with tarfile.open(fileobj=bounded, mode="r|", tarinfo=_PlainInfo) as archive:
                for number, member in enumerate(archive):
                    if number >= 2 * MOST_FILES:
                        raise InputError(
                            f"The archive holds more than {MOST_FILES} files; a model has fewer."
                        )
                    _unpack_member(archive, member, into)
    except (tarfile.TarError, EOFError, ValueError, OverflowError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError("The file is not a whole .tar.gz archive; pack a model directory again.") from error


def _unpack_member(archive: tarfile.TarFile, member: tarfile.TarInfo, into: Path) -> None:
    name = _name_in(member)
    if name is None:
        return
    target, largest = into / name, LARGEST_OF.get(name, LARGEST_FILE)
    if member.size > largest:
        raise TooLargeError(
            f"The archive holds a file of {member.size:,} bytes; a README takes {LARGEST_OF[CARD]:,}, the "
            f"weights all there are, and any other file {LARGEST_FILE:,}."
        )
    source = archive.extractfile(member)
    if source is None or target.exists():
        raise InputError("The archive holds two files of one name. Pack one model directory.")
    with target.open("wb") as file:
        shutil.copyfileobj(source, file, _BLOCK)
    if target.stat().st_size != member.size:
        raise InputError("The archive is cut off. Pack or send it again.")


def _name_in(member: tarfile.TarInfo) -> str | None:
    """The name of a plain file; None for the directory around all.

    Raises:
        InputError: it is something else, or has a name that no file of a model has.
    """
    path = PurePosixPath(member.name)
    parts = [part for part in path.parts if part != "."]
    if path.is_absolute() or ".." in parts or "\\" in member.name or "\0" in member.name:
        raise InputError("The archive holds a path that leads out of it. Pack the model directory itself.")
    if member.isdir() and len(parts) <= 1:
        return None
    if not member.isreg() or member.issparse() or not 1 <= len(parts) <= 2:
        raise InputError(
            "The archive holds something else than plain files in one directory, such as a link. "
            "Pack the model directory itself: tar -czf model.tar.gz DIRECTORY."
        )
    if not _NAME.fullmatch(parts[-1]):
        raise InputError(
            "The archive holds a file whose name no file of a model has: expected up to 100 letters of A to "
            "Z, digits, and marks. Pack the model directory itself."
        )
    return parts[-1]


class _PlainInfo(tarfile.TarInfo):
    """A member whose extended headers are of a sensible size, as tarfile reads them into memory whole."""

    def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo:
        if not (self.isreg() or self.isdir() or self.issym() or self.islnk()) and self.size > 65_536:
            raise tarfile.ReadError("an extended header is too large")
        return super()._proc_member(tar)  # type: ignore[misc,no-any-return]  # tarfile's own hook


class _Bounded(io.RawIOBase):
    """A stream that ends in an error after so many bytes: a small archive may unpack to anything."""

    def __init__(self, source: gzip.GzipFile, limit: int) -> None:
        self._source = source
        self._limit, self._left = limit, limit

    def readable(self) -> bool:
        """Tell that the stream is for reading."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # what is passed
        """Read on, and count the bytes."""
        data = self._source.read(min(len(buffer), 1 << 20))
        self._left -= len(data)
        if self._left < 0:
            raise TooLargeError(f"The archive unpacks to more than the {self._limit:,} bytes that are taken.")
        buffer[: len(data)] = data
        return len(data)
