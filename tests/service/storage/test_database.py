"""The database: made and brought up to date by itself, clear when it cannot be used."""

from __future__ import annotations

import sqlite3
import threading
import time
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, select, text

from textcnn.errors import ConfigError
from textcnn.service.service_errors import StorageError
from textcnn.service.storage import database as database_module
from textcnn.service.storage.database import Database
from textcnn.service.storage.database_tables import feedback, jobs, metadata

if TYPE_CHECKING:
    from pathlib import Path


def test_the_migrations_make_exactly_the_tables(database: Database) -> None:
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_what_was_written_is_there_after_it_is_opened_again(tmp_path: Path) -> None:
    first = Database.in_directory(tmp_path)
    with first.write() as connection:
        connection.execute(insert(feedback).values(id="1", model="m", text="t", labels=[], created_at=0.0))
    first.close()
    again = Database.in_directory(tmp_path)
    with again.read() as connection:
        assert connection.execute(select(feedback.c.text)).scalar_one() == "t"
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
    again.close()


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def fail() -> None:
        row = {"id": "1", "model": "m", "text": "t", "labels": [], "created_at": 0.0}
        with database.write() as connection:
            connection.execute(insert(feedback).values(**row))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.read() as connection:
        assert connection.execute(select(feedback)).all() == []


def test_several_processes_may_make_the_tables_at_once(tmp_path: Path) -> None:
    errors: list[Exception] = []

    def open_it() -> None:
        try:
            Database.in_directory(tmp_path).close()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_a_locked_database_is_told_without_the_values_and_works_again_when_unlocked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "BUSY_SECONDS", 0)
    database = Database.in_directory(tmp_path)
    locker = sqlite3.connect(tmp_path / "textcnn.db", isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    row = {"id": "1", "model": "m", "text": "a secret text", "labels": [], "created_at": 0.0}
    with pytest.raises(StorageError, match="locked") as caught, database.write() as connection:
        connection.execute(insert(feedback).values(**row))
    assert "secret" not in str(caught.value)
    with database.read() as connection:  # readers do not wait
        assert connection.execute(select(jobs)).all() == []
    locker.execute("ROLLBACK")
    locker.close()
    with database.write() as connection:
        connection.execute(insert(feedback).values(**row))
    database.close()


def test_a_full_disk_is_told_and_nothing_is_half_written(tmp_path: Path) -> None:
    database = Database.in_directory(tmp_path)
    row = {"id": "1", "model": "m", "text": "x" * 1_000_000, "labels": [], "created_at": 0.0}

    def fill() -> None:
        with database.write() as connection:
            connection.execute(text("PRAGMA max_page_count = 30"))
            connection.execute(insert(feedback).values(**row))

    with pytest.raises(StorageError, match="full"):
        fill()
    database.close()
    again = Database.in_directory(tmp_path)
    with again.write() as connection:
        assert connection.execute(select(feedback)).all() == []
        connection.execute(insert(feedback).values(**row))
    again.close()


def test_a_database_of_a_newer_version_is_told(tmp_path: Path) -> None:
    database = Database.in_directory(tmp_path)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(ConfigError, match="newer textcnn"):
        Database.in_directory(tmp_path)


@pytest.mark.parametrize("url", ["no url", "mysql://host/name", "sqlite+nothing:///a.db"])
def test_a_url_that_cannot_be_used_is_told(url: str) -> None:
    with pytest.raises(ConfigError):
        Database(url)


def test_a_database_that_is_not_there_is_told() -> None:
    with pytest.raises(StorageError, match="cannot be used now"):
        Database("postgresql://127.0.0.1:1/none?connect_timeout=1")


def test_transactions_of_one_name_are_alone(database: Database) -> None:
    inside, most = [0], [0]

    def enter() -> None:
        with database.alone("model a"):
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            time.sleep(0.05)
            inside[0] -= 1

    threads = [threading.Thread(target=enter) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_a_transaction_that_lasts_too_long_is_not_waited_for(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "BUSY_SECONDS", 1)
    other = Database(database.url)

    def wait() -> None:
        with other.alone("model a"):
            pass

    with database.alone("model a"), pytest.raises(StorageError, match="Nothing was changed"):
        wait()
    wait()
    other.close()


def test_many_writers_of_a_locked_database_do_not_add_their_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "BUSY_SECONDS", 1.0)
    database, refused = Database.in_directory(tmp_path), []
    locker = sqlite3.connect(tmp_path / "textcnn.db", isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")

    def write() -> None:
        try:
            with database.write():
                pass
        except StorageError as error:
            refused.append(error)

    threads = [threading.Thread(target=write) for _ in range(50)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 50
    assert time.monotonic() - started < 3
    locker.execute("ROLLBACK")
    locker.close()
    write()
    assert len(refused) == 50
    database.close()


def test_after_one_that_waited_in_vain_the_others_wait_little_until_one_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "BUSY_SECONDS", 3.0)
    monkeypatch.setattr(database_module, "_IMPATIENT_SECONDS", 0.05)
    database = Database.in_directory(tmp_path)
    locker = sqlite3.connect(tmp_path / "textcnn.db", isolation_level=None, check_same_thread=False)

    def waited() -> float:
        started = time.monotonic()
        with pytest.raises(StorageError, match="locked"), database.write():
            pass
        return time.monotonic() - started

    locker.execute("BEGIN IMMEDIATE")
    first = waited()
    assert sum(waited() for _ in range(10)) < first
    locker.execute("ROLLBACK")
    with database.write():
        pass
    locker.execute("BEGIN IMMEDIATE")
    unlocking = threading.Timer(0.5, lambda: locker.execute("ROLLBACK"))
    unlocking.start()
    with database.write():  # waits as long as the first
        pass
    unlocking.join()
    locker.close()
    database.close()


def test_a_removed_database_is_noticed_at_the_next_write(tmp_path: Path) -> None:
    database = Database.in_directory(tmp_path)
    row = {"id": "1", "model": "m", "text": "t", "labels": [], "created_at": 0.0}

    def write() -> None:
        with database.write() as connection:
            connection.execute(insert(feedback).values(**row))

    write()
    (tmp_path / "textcnn.db").rename(tmp_path / "kept")
    for _ in range(2):
        with pytest.raises(StorageError, match="removed"):
            write()
    assert not (tmp_path / "textcnn.db").exists()
    (tmp_path / "kept").rename(tmp_path / "textcnn.db")
    with database.write() as connection:  # it is back
        assert len(connection.execute(select(feedback)).all()) == 1
    database.close()


def test_what_is_written_while_the_database_is_removed_is_not_said_to_be_kept(tmp_path: Path) -> None:
    database = Database.in_directory(tmp_path)
    row = {"id": "1", "model": "m", "text": "t", "labels": [], "created_at": 0.0}

    def write() -> None:
        with database.write() as connection:
            connection.execute(insert(feedback).values(**row))
            (tmp_path / "textcnn.db").unlink()

    with pytest.raises(StorageError, match="removed"):
        write()
    database.close()


def test_a_database_that_was_replaced_by_another_one_is_written_from_then_on(tmp_path: Path) -> None:
    database = Database.in_directory(tmp_path / "a")
    Database.in_directory(tmp_path / "b").close()
    (tmp_path / "b" / "textcnn.db").replace(tmp_path / "a" / "textcnn.db")
    row = {"id": "1", "model": "m", "text": "t", "labels": [], "created_at": 0.0}
    with database.write() as connection:
        connection.execute(insert(feedback).values(**row))
    database.close()
    again = Database.in_directory(tmp_path / "a")
    with again.read() as connection:
        assert len(connection.execute(select(feedback)).all()) == 1
    again.close()
