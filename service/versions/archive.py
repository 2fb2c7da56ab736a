"""A model directory as one file, `.tar.gz`: packed for a download, unpacked with suspicion."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import tarfile
import zlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, Final

from textcnn.errors import InputError, TooLargeError

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.directory import ModelDirectory

MOST_FILES: Final = 64
LONGEST_NAME: Final = 255
"""Bytes that a file's name may have, on most file systems."""
LARGEST: Final = 4_000_000_000
"""Bytes that an archive may unpack to."""


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
    deeper directories are refused, and so is what unpacks to more than `largest` bytes.

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
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error, UnicodeError) as error:
        raise InputError("The file is not a whole .tar.gz archive; pack a model directory again.") from error


def _unpack_member(archive: tarfile.TarFile, member: tarfile.TarInfo, into: Path) -> None:
    path = PurePosixPath(member.name)
    parts = [part for part in path.parts if part != "."]
    if path.is_absolute() or ".." in parts or "\\" in member.name or "\0" in member.name:
        raise InputError("The archive holds a path that leads out of it. Pack the model directory itself.")
    if member.isdir() and len(parts) <= 1:
        return
    if not member.isreg() or member.issparse() or not 1 <= len(parts) <= 2:
        raise InputError(
            "The archive holds something else than plain files in one directory, such as a link. "
            "Pack the model directory itself: tar -czf model.tar.gz DIRECTORY."
        )
    if len(os.fsencode(parts[-1])) > LONGEST_NAME:
        raise InputError(
            f"The archive holds a name of more than {LONGEST_NAME} bytes; a model has short ones."
        )
    target = into / parts[-1]
    source = archive.extractfile(member)
    if source is None or target.exists():
        raise InputError("The archive holds two files of one name. Pack one model directory.")
    with target.open("wb") as file:
        shutil.copyfileobj(source, file)
    if target.stat().st_size != member.size:
        raise InputError("The archive is cut off. Pack or send it again.")


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
