"""Bytes of a file, decompressed on the way when it is gzip or Zstandard."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final, cast

from textcnn.errors import CorpusError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

COMPRESSIONS: Final = {"gzip": ".gz", "zstd": ".zst"}
"""The compressions that are read and written, by name, with the ending of a file's name."""

_MAGIC: Final = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_BUFFER: Final = 1 << 18


def compression_of(path: Path) -> str | None:
    """The compression of a file by its first bytes, whatever it is called: "gzip", "zstd" or None.

    Raises:
        CorpusError: the file does not exist or cannot be opened.
    """
    with _open(path) as file:
        head = file.read(4)
    return next((name for magic, name in _MAGIC.items() if head.startswith(magic)), None)


def endings_of(name: str) -> tuple[str, str | None]:
    """A file name's own ending and its compression: `a.csv.gz` has ".csv" and "gzip"."""
    endings = [f".{ending}" for ending in name.lower().split(".")[1:]]
    compression = next((each for each, ending in COMPRESSIONS.items() if endings[-1:] == [ending]), None)
    if compression is not None:
        endings.pop()
    return endings[-1] if endings else "", compression


def open_bytes(path: Path) -> BinaryIO:
    """A file's bytes as a stream; reading a damaged compressed file raises `OSError`.

    pyarrow decompresses, since it notices a stream that ends too early; python-zstandard's reader
    ends quietly there, and half a corpus would pass for the whole.

    Raises:
        CorpusError: the file does not exist or cannot be opened.
    """
    compression = compression_of(path)
    if compression is None:
        return _open(path)
    import pyarrow as pa

    stream = pa.input_stream(str(path), compression=compression)
    return cast("BinaryIO", io.BufferedReader(stream, _BUFFER))


def first_bytes(path: Path, size: int) -> bytes:
    """The first `size` bytes of a file, decompressed; fewer when the file is shorter.

    Raises:
        CorpusError: the file cannot be opened or decompressed.
    """
    try:
        with open_bytes(path) as file:
            return file.read(size)
    except OSError as error:
        raise damaged(path) from error


def damaged(path: Path) -> CorpusError:
    """The error for a file whose bytes cannot be read or decompressed to the end."""
    return CorpusError(
        "the file is damaged or cut short: it cannot be read to its end; copy or compress it again",
        file=path,
    )


def _open(path: Path) -> BinaryIO:
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise CorpusError("a pipe can be read only once; save what it gives and name that", file=path)
        return path.open("rb", buffering=_BUFFER)
    except FileNotFoundError as error:
        raise CorpusError("no such file; give the path of a file or a folder", file=path) from error
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise CorpusError(f"the file cannot be opened: {reason}", file=path) from error
