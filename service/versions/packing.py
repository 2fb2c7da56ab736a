"""A version packed for a download: its file lies on the disk no longer than somebody waits for it."""

from __future__ import annotations

import tempfile
from threading import Lock
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from textcnn.service.service_errors import TimeLimitError
from textcnn.service.versions.archive import pack

if TYPE_CHECKING:
    from textcnn.directory import ModelDirectory


class Packing:
    """One archive, written by a thread; `close` ends the work and removes the file, whenever it is called."""

    def __init__(self, model: ModelDirectory) -> None:
        self._model = model
        self._lock = Lock()
        self._closed = False
        self._spool: IO[bytes] | None = None

    @property
    def path(self) -> str:
        """Where the archive lies, once it is written."""
        return "" if self._spool is None else self._spool.name

    def run(self) -> None:
        """Write the archive. Runs in a thread.

        Raises:
            TimeLimitError: it was closed meanwhile.
        """
        spool = tempfile.NamedTemporaryFile(prefix="textcnn-", suffix=".tar.gz")  # noqa: SIM115  # `close` does
        try:
            pack(self._model, cast("BinaryIO", _WhileOpen(self, spool)))
            spool.flush()
            with self._lock:
                self.require_open()
                self._spool = spool
        except BaseException:
            spool.close()
            raise

    def require_open(self) -> None:
        """Go on only while somebody waits.

        Raises:
            TimeLimitError: nobody does.
        """
        if self._closed:
            raise TimeLimitError("Nobody waits for this archive any more.")

    def close(self) -> None:
        """End the work, and remove the file."""
        with self._lock:
            self._closed = True
            if self._spool is not None:
                self._spool.close()


class _WhileOpen:
    """A stream to write to while somebody waits for what is written."""

    def __init__(self, packing: Packing, stream: IO[bytes]) -> None:
        self._packing, self._stream = packing, stream

    def write(self, data: bytes) -> int:
        """Write on, unless nobody waits any more."""
        self._packing.require_open()
        return self._stream.write(data)

    def flush(self) -> None:
        """Hand on what was written."""
        self._stream.flush()
