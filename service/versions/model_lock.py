"""The lock of each model against changes, in the database: it holds across processes and hosts."""

from __future__ import annotations

import threading
import weakref
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import text

from textcnn.service.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy.engine import Connection


class ModelLock:
    """Locks by the names of models. The database is opened for the first one: who only reads needs none."""

    def __init__(self, open_database: Callable[[], Database]) -> None:
        self._open = open_database
        self._of_thread = threading.local()

    @contextmanager
    def held(self, model: str) -> Iterator[None]:
        """Hold the lock of a model for a block; blocks of one model may nest.

        Raises:
            StorageError: another change lasts too long, or the database cannot be used.
        """
        held = self._held()
        if model in held:
            yield
            return
        with self._open().alone(f"model {model}") as connection:
            held[model] = connection
            try:
                yield
            finally:
                del held[model]

    def confirm(self, model: str) -> None:
        """Make sure that the lock is held still, though this process may have been stopped for long.

        Raises:
            StorageError: the database has given it away.
        """
        self._held()[model].execute(text("SELECT 1"))

    def _held(self) -> dict[str, Connection]:
        held: dict[str, Connection] = self._of_thread.__dict__.setdefault("held", {})
        return held


class OpenedOnce:
    """The database of a URL, or of a directory without one, opened when it is first asked for."""

    def __init__(self, url: str | None, data_directory: Path) -> None:
        self._url, self._data_directory = url, data_directory
        self._opening = threading.Lock()
        self._database: Database | None = None

    def __call__(self) -> Database:
        """The database; it is closed when this object is gone."""
        with self._opening:
            if self._database is None:
                self._database = Database.of(self._url, self._data_directory)
                weakref.finalize(self, self._database.close)
            return self._database
