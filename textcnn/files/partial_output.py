"""Labelled rows, kept beside the output until all of it is: numbered parts and a manifest.

OUT.partial/manifest.json      what is being done: an interrupted run goes on with exactly this
OUT.partial/part-00000000      the labelled rows of one chunk
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from textcnn.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

FORMAT: Final = 1
_MANIFEST: Final = "manifest.json"
_FINGERPRINT_BYTES: Final = 1 << 20


def fingerprint(path: Path) -> dict[str, Any]:
    """The marks of one file: size, time of change, SHA-256 of its first and last MiB."""
    status = path.stat()
    digest = hashlib.sha256()
    with path.open("rb") as file:
        digest.update(file.read(_FINGERPRINT_BYTES))
        file.seek(max(0, status.st_size - _FINGERPRINT_BYTES))
        digest.update(file.read(_FINGERPRINT_BYTES))
    return {"size": status.st_size, "changed": status.st_mtime_ns, "sha256": digest.hexdigest()}


class PartialOutput:
    """The labelled rows of an output that is not complete: its parts, in a directory beside it."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.directory = target.with_name(f"{target.name}.partial")

    @contextmanager
    def claim(self, manifest: dict[str, Any], *, resume: bool, replace: bool) -> Iterator[None]:
        """Begin or go on, while no other process may.

        Raises:
            InputError: the output exists and `replace` is not said; an interrupted run lies there and
                `resume` is not said, or it is of another input, model or options; or another process is at
                work.
        """
        if self.target.exists() and not replace:
            raise InputError(f"{self.target} exists. Name another file, or say --replace.", field="output")
        manifest = {"format": FORMAT, **manifest}
        earlier = self._earlier_manifest()
        if earlier is not None:
            self._check_same(earlier, manifest, resume=resume)
        self.directory.mkdir(parents=True, exist_ok=True)
        with (self.directory / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise InputError(
                    f"Another process is writing {self.target}. Wait for it, or name another file.",
                    field="output",
                ) from error
            if earlier is None:
                self._write(_MANIFEST, json.dumps(manifest, indent=1).encode())
            yield

    def has(self, number: int) -> bool:
        """Whether a part is there, whole."""
        return self._path(number).exists()

    def keep(self, number: int, data: bytes, errors: int) -> None:
        """Keep a part and how many of its rows are errors; it appears whole or not at all."""
        self._write(f"errors-{number:08}", str(errors).encode())
        self._write(self._path(number).name, data)

    def errors(self, number: int) -> int:
        """How many rows of a part are errors."""
        return int((self.directory / f"errors-{number:08}").read_text())

    def finish(self, count: int, assemble: Callable[[Sequence[Path], Path], None]) -> None:
        """Make the output of all parts, give it its name, and forget the parts."""
        whole = self.directory / "whole"
        assemble([self._path(number) for number in range(count)], whole)
        whole.replace(self.target)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _path(self, number: int) -> Path:
        return self.directory / f"part-{number:08}"

    def _write(self, name: str, data: bytes) -> None:
        temporary = self.directory / f"{name}.new"
        temporary.write_bytes(data)
        temporary.replace(self.directory / name)

    def _earlier_manifest(self) -> dict[str, Any] | None:
        try:
            manifest: dict[str, Any] = json.loads((self.directory / _MANIFEST).read_bytes())
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise InputError(f"{self.directory}/{_MANIFEST} is damaged. Remove the directory.") from error
        return manifest

    def _check_same(self, earlier: dict[str, Any], manifest: dict[str, Any], *, resume: bool) -> None:
        if not resume:
            raise InputError(
                f"{self.directory} holds an interrupted run. Say --resume to go on, or remove it.",
                field="output",
            )
        current = json.loads(json.dumps(manifest))
        different = sorted(key for key in {*earlier, *current} if earlier.get(key) != current.get(key))
        if different:
            raise InputError(
                f"{self.directory} is of another run: {', '.join(different)} differ. "
                "Give the same input, model and options, or remove the directory.",
                field="resume",
            )
