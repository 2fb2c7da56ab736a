"""Files that are whole or not there, also after a power cut."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textcnn.service.service_errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Put a JSON file in place in one step."""
    write_bytes(path, (json.dumps(values, indent=2, ensure_ascii=False) + "\n").encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Put a file in place in one step; a reader sees the old one or the new one."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)  # mkstemp's are for their owner alone
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def read_json(path: Path) -> dict[str, Any] | None:
    """The values in a JSON file that `write_json` wrote; None where there is none.

    Raises:
        StorageError: what lies there is no JSON object; the file is named.
    """
    try:
        values = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (ValueError, RecursionError) as error:
        raise damaged(path) from error
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror}.") from error
    if not isinstance(values, dict):
        raise StorageError(f"{path} holds no JSON object. Restore it from a backup, or remove it.")
    return values


def damaged(path: Path) -> StorageError:
    """The error for a file that holds something else than was written."""
    return StorageError(f"{path} is damaged. Restore it from a backup, or remove it.")


def sync_tree(directory: Path) -> None:
    """Flush every file of a flat directory to disk, before anything refers to it."""
    for file in directory.iterdir():
        sync_file(file)
    sync_directory(directory)


def sync_directory(directory: Path) -> None:
    """Flush the names in a directory to disk."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Lock a file against all other processes for a block. The system unlocks it when a process dies.

    Raises:
        StorageError: the file cannot be written.
    """
    try:
        opened = path.open("w")
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}.") from error
    with opened as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def sync_file(path: Path) -> None:
    """Flush a file's contents to disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
