"""The one database of the service: a SQLite file for one host, PostgreSQL by URL for several."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from textcnn.errors import ConfigError, MissingExtraError
from textcnn.service.service_errors import StorageError
from textcnn.service.storage import durable_files
from textcnn.tokens.surrogates import json_without_surrogates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import URL, Connection, Engine

MIGRATIONS: Final = Path(__file__).parent / "migrations"
BUSY_SECONDS: Final = 5.0
"""Seconds that a writer waits for others, in this process and elsewhere together."""
_IMPATIENT_SECONDS: Final = 0.5
"""The same after one that waited in vain, until one succeeds: those behind it do not add their times."""
_MIGRATING: Final = 7_239_442
"""The number of the PostgreSQL lock that a process takes to change the tables."""


class Database:
    """Transactions over the tables, which are made or brought up to date when it is opened.

    Raises:
        ConfigError: the URL is none, names a database that is not supported, or one of a newer version.
        StorageError: the database cannot be reached.
    """

    def __init__(self, url: str) -> None:
        self._url = _parse(url)
        try:
            self.engine = _make_engine(self._url)
        except ModuleNotFoundError as error:
            raise MissingExtraError("A PostgreSQL database", "postgres") from error
        self._file = _file_of(self._url)
        if self._file is not None:
            event.listen(self.engine, "do_connect", self._file.require)
        self._queue = threading.Lock()
        self._is_stuck = False
        self._migrate()

    @classmethod
    def in_directory(cls, data_directory: Path) -> Database:
        """The SQLite file of a data directory."""
        try:
            data_directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{data_directory} cannot be made: {error.strerror}.") from error
        return cls(f"sqlite:///{data_directory / 'textcnn.db'}")

    @classmethod
    def of(cls, url: str | None, data_directory: Path) -> Database:
        """The database of this URL, or that of the data directory where there is none."""
        return cls(url) if url else cls.in_directory(data_directory)

    @property
    def url(self) -> str:
        """The URL that opens it again, with its password."""
        return self._url.render_as_string(hide_password=False)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database, and waits for no writer."""
        with self._transaction(write=False) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is carried out as a whole or not at all.

        Raises:
            StorageError: the database is locked, full or gone; nothing of it was done.
        """
        if self._file is None:
            with self._transaction(write=True) as connection:
                yield connection
            return
        with self._turn() as seconds:
            if self._file.is_another():
                self.engine.dispose()
                self._migrate()
            with self._transaction(write=True, busy_seconds=seconds) as connection:
                self._is_stuck = False
                yield connection
            self._file.require()  # what was written into a file without a name is lost

    @contextmanager
    def _turn(self) -> Iterator[float]:
        """Wait for this process's other writers, one at a time; gives the seconds that are left."""
        patience = _IMPATIENT_SECONDS if self._is_stuck else BUSY_SECONDS
        until = time.monotonic() + patience
        self._is_stuck = True  # until a transaction has begun
        if not self._queue.acquire(timeout=patience):
            raise StorageError("The database is locked by other writers. Nothing was changed; try again.")
        try:
            yield max(until - time.monotonic(), 0.0)
        finally:
            self._queue.release()

    @contextmanager
    def alone(self, name: str) -> Iterator[Connection]:
        """A transaction that waits for all others of this name, of whatever thread, process and host.

        It is a lock that ends with its process, and waits `BUSY_SECONDS` at most. On SQLite no other
        transaction writes meanwhile, so what takes long is done before.

        Raises:
            StorageError: another one lasts too long, or the database cannot be used.
        """
        with self.write() as connection:
            if self._url.get_backend_name() == "postgresql":
                connection.execute(text(f"SET LOCAL lock_timeout = {round(1000 * BUSY_SECONDS)}"))
                # A process that was stopped inside loses its lock, and is told so when it goes on.
                connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = '60s'"))
                key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def _transaction(self, *, write: bool, busy_seconds: float | None = None) -> Iterator[Connection]:
        try:
            with self.engine.connect() as connection:
                connection.execution_options(textcnn_write=write, textcnn_busy=busy_seconds)
                with connection.begin():
                    yield connection
        except (DBAPIError, PoolTimeoutError) as error:
            raise _storage_error(error) from error

    def _migrate(self) -> None:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        try:
            with self._alone(), self._transaction(write=True) as connection:
                if self._url.get_backend_name() == "postgresql":
                    connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATING})"))
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
            if self._file is not None:
                self._file.remember()
        except CommandError as error:
            raise ConfigError(
                "The database was made by a newer textcnn. Install that version, or name another database.",
                field="database_url",
            ) from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Lock a SQLite file while its tables are changed."""
        if self._url.get_backend_name() == "sqlite" and self._url.database:
            with durable_files.locked(Path(f"{self._url.database}.lock")):
                yield
        else:
            yield


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigError(
            "The database's URL cannot be read; expected one such as postgresql://user@host/name.",
            field="database_url",
        ) from error
    backend = parsed.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        raise ConfigError(
            f"The database is {backend}; sqlite and postgresql are taken.", field="database_url"
        )
    return parsed.set(drivername="postgresql+psycopg") if backend == "postgresql" else parsed


class _File:
    """The file of a SQLite database. Its name may go, or be given to another file, while it is used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._identity: tuple[int, int] | None = None

    def remember(self) -> None:
        """Take the file that has the name now for the one to use."""
        self._identity = self._current()

    def is_another(self) -> bool:
        """Whether the name is that of another file, or of none."""
        return self._current() != self._identity

    def require(self, *_: object) -> None:
        """Make sure that the file is there, once it was: SQLite would make an empty one, without a word.

        Raises:
            StorageError: it is not.
        """
        if self._identity is not None and self._current() is None:
            raise StorageError(
                "The file of the database was removed, so nothing is kept. Restore it, or start the service "
                "again to begin with an empty one."
            )

    def _current(self) -> tuple[int, int] | None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        return status.st_dev, status.st_ino


def _file_of(url: URL) -> _File | None:
    is_file = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    return _File(Path(str(url.database))) if is_file else None


def _make_engine(url: URL) -> Engine:
    try:
        # A connection that the server closed meanwhile is replaced before it is used.
        engine = create_engine(
            url,
            pool_pre_ping=True,
            pool_timeout=BUSY_SECONDS,
            json_deserializer=_read_json,
            hide_parameters=True,  # an error that is logged must not hold a user's text
        )
    except NoSuchModuleError as error:
        raise ConfigError("The database's URL names an unknown driver.", field="database_url") from error
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _read_json(text: str | bytes) -> Any:  # noqa: ANN401  # what a column of JSON holds
    """The values of a column; earlier versions stored halves of surrogate pairs, which nothing can send."""
    return json_without_surrogates(json.loads(text))


def _prepare_sqlite(connection: Any, record: object) -> None:  # noqa: ANN401, ARG001  # as SQLAlchemy calls it
    connection.isolation_level = None  # the driver begins no transactions of its own
    for pragma in (
        f"busy_timeout = {round(1000 * BUSY_SECONDS)}",
        "journal_mode = WAL",  # readers and a writer do not wait for one another
        "synchronous = FULL",  # what is committed survives a power cut too
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock at once: taking it later, after a read, may fail however long one waits.
    options = connection.get_execution_options()
    write, seconds = options.get("textcnn_write"), options.get("textcnn_busy")
    if write:
        milliseconds = round(1000 * (BUSY_SECONDS if seconds is None else seconds))
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {milliseconds}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _storage_error(error: Exception) -> StorageError:
    """The error in our tree, without the statement and its values: they may hold a user's text."""
    cause = str(getattr(error, "orig", None) or type(error).__name__).strip().partition("\n")[0]
    return StorageError(f"The database cannot be used now: {cause}. Nothing was changed; try again.")
