"""The directory of one model in the repository: its lock, its aliases and the records of its versions."""

from __future__ import annotations

import re
import secrets
import shutil
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from textcnn.errors import InputError
from textcnn.service.service_errors import StorageError
from textcnn.service.storage import durable_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textcnn.service.versions.model_lock import ModelLock

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_VERSION: Final = re.compile(r"[0-9a-f]{12}")
_RECORD: Final[dict[str, Any]] = {"added_at": str, "origin": str, "corpora": list, "decision": dict | None}
_LEFT_OVER_SECONDS: Final = 86_400
"""The age of a temporary directory that no work uses any more."""


class ModelHome:
    """One model's files. They are changed in a `changing` block; readers need no lock."""

    def __init__(self, root: Path, model: str, lock: ModelLock) -> None:
        self.path = root / check_name(model)
        self.versions = self.path / "versions"
        self._lock = lock

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Lock this model against changes by other threads, processes and hosts; blocks may nest.

        On SQLite nothing else is written meanwhile: what takes long is done before or after.

        Raises:
            StorageError: the directory or the database cannot be written.
        """
        with self._lock.held(self.path.name):
            self.make()
            yield

    def make(self) -> None:
        """Make the directory, where it is not there yet.

        Raises:
            StorageError: it cannot be written.
        """
        try:
            self.versions.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"The data directory cannot be written: {error.strerror}. "
                "TEXTCNN_DATA_DIR names another place."
            ) from error

    def aliases(self) -> dict[str, Any] | None:
        """The versions that are `live` and `previous`; None where none was set yet."""
        return durable_files.read_json(self.path / "aliases.json")

    def point(self, live: str, previous: str | None) -> None:
        """Set the live and the previous version, both at once; in a `changing` block."""
        self._lock.confirm(self.path.name)
        durable_files.write_json(
            self.path / "aliases.json", {"live": live, "previous": previous, "changed_at": now()}
        )

    def version_paths(self) -> list[Path]:
        """The directories of all whole versions."""
        return [path for path in self.versions.glob("*") if _VERSION.fullmatch(path.name) and path.is_dir()]

    def record(self, version: str) -> dict[str, Any]:
        """The record of a version: `added_at`, `origin`, `corpora`, `decision`.

        Raises:
            StorageError: it is damaged; the file is named.
        """
        path = self.versions / f"{version}.json"
        record = durable_files.read_json(path) or {}
        right = all(isinstance(record[key], _RECORD[key]) for key in record if key in _RECORD)
        if not right or not all(isinstance(each, str) for each in record.get("corpora", ())):
            raise durable_files.damaged(path)
        return record

    def write_record(self, version: str, record: dict[str, Any]) -> None:
        """Write the record of a version."""
        durable_files.write_json(self.versions / f"{version}.json", record)

    def retire(self, version: str) -> Path:
        """Take a version and its record away, in a `changing` block; its files are left to be removed."""
        self._lock.confirm(self.path.name)
        retired = retire(self.versions / version)
        (self.versions / f"{version}.json").unlink(missing_ok=True)
        return retired

    def salt(self) -> str:
        """The secret of the model's splits, drawn at the first call."""
        with self.changing():
            values = durable_files.read_json(self.path / "model.json")
            if values is None:
                values = {"created_at": now(), "salt": secrets.token_hex(16)}
                durable_files.write_json(self.path / "model.json", values)
        return str(values["salt"])

    def sweep(self) -> None:
        """Remove left-overs of work that was interrupted a day ago or longer."""
        for directory in (self.path, self.versions):
            for path in directory.glob(".*"):
                if path.is_dir() and time.time() - path.stat().st_mtime > _LEFT_OVER_SECONDS:
                    shutil.rmtree(path, ignore_errors=True)


def is_name(model: str) -> bool:
    """Whether a name may be a model's."""
    return _NAME.fullmatch(model) is not None


def check_name(model: str) -> str:
    """The name of a model, which is safe as the name of a directory.

    Raises:
        InputError: it is not.
    """
    if not is_name(model):
        raise InputError(
            "A model's name has 1 to 64 letters of A to Z, digits, '.', '_' or '-', and begins with a letter "
            "or a digit.",
            field="model",
        )
    return model


def now() -> str:
    """The present moment, as ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def retire(path: Path) -> Path:
    """Take a directory's name away before its files are removed, so that nobody sees half of it."""
    retired = path.with_name(f".removed.{path.name}.{secrets.token_hex(4)}")
    path.rename(retired)
    return retired
