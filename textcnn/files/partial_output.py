"""Labelled rows, kept beside the output until all of it is: numbered parts and a manifest.

OUT.partial/manifest.json         what is being done: an interrupted run goes on with exactly this
OUT.partial/part-00000000         the labelled rows of one chunk
OUT.partial/part-00000000.json    lists the part: its rows, its errors, and a SHA-256 over all of it

A part is on disk before it is listed, and counts only while it is what its list says: one that is missing,
emptied, altered, of another run or at another place is none, and is made again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from textcnn.errors import InputError, TextCNNError
from textcnn.reading.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

FORMAT: Final = 3
"""1: parts were not listed, and nobody can tell if one is whole. 2: a layout had fewer parts.

Parts of earlier formats are made again.
"""
_LATER_KEYS: Final = {"option safe_cells": False}
"""Keys that the manifests of format 1 lack, and what these runs did."""
_MANIFEST: Final = "manifest.json"
_WAITING: Final = 4
"""Parts that may wait for the disk while others are labelled."""
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


def put_in_place(whole: Path, target: Path) -> None:
    """Give a file its name once it is on disk, so that a power cut leaves all of it or nothing."""
    _sync(whole)
    whole.replace(target)
    _sync(target.parent)


@dataclass(frozen=True, slots=True)
class PartCounts:
    """Rows of a part that is whole, and how many of them are errors."""

    rows: int
    errors: int


class PartialOutput:
    """The labelled rows of an output that is not complete: its parts, in a directory beside it."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.directory = target.with_name(f"{target.name}.partial")
        self._run = ""
        """Stands for the manifest, so that no part of another run is taken for one of this."""
        self._waiting: deque[Future[None]] = deque()

    @contextmanager
    def claim(self, manifest: dict[str, Any], *, resume: bool, replace: bool) -> Iterator[None]:
        """Begin or go on, while no other process may.

        Raises:
            InputError: the output exists and `replace` is not said; an interrupted run lies there and
                `resume` is not said, or it is of another input, model or options; or another process is at
                work.
            TextCNNError: the disk is full or fails.
        """
        if self.target.exists() and not replace:
            raise InputError(f"{self.target} exists. Name another file, or say --replace.", field="output")
        manifest = json.loads(json.dumps({"format": FORMAT, **manifest}))
        self._run = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
        with self._locked(), ThreadPoolExecutor(1) as self._disk:
            earlier = self._earlier_manifest()
            if earlier is not None:
                self._check_same(earlier, manifest, resume=resume)
            if earlier != manifest:
                self._begin(manifest)
            yield

    def counts(self, number: int) -> PartCounts | None:
        """The counts of a part; None unless it is there, whole, and of this run."""
        try:
            listed = json.loads(self._list_of(number).read_bytes())
            counts = PartCounts(listed["rows"], listed["errors"])
            data = self._path(number).read_bytes()
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return counts if listed["sha256"] == self._digest(number, data, counts) else None

    def keep(self, number: int, data: bytes, rows: int, errors: int) -> None:
        """Keep a part and its counts, while the next ones are labelled; it is on disk before it is listed.

        Raises:
            TextCNNError: the disk is full or fails; perhaps told of an earlier part.
        """
        self._waiting.append(self._disk.submit(self._store, number, data, PartCounts(rows, errors)))
        self._wait(_WAITING)

    def finish(self, parts: int, rows: int, assemble: Callable[[Iterable[Path], Path], None]) -> None:
        """Make the output of all parts, give it its name, and forget the parts.

        Raises:
            TextCNNError: a part is not what was kept, they have not so many rows as were read, or the disk
                is full or fails. There is no output then.
        """
        self._wait(0)
        whole = self.directory / "whole"
        with self._told():
            assemble(self._checked(parts, rows), whole)
            put_in_place(whole, self.target)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _checked(self, parts: int, rows: int) -> Iterator[Path]:
        """Each part just after it was looked at, and at the end the sum of their rows."""
        rows_written = 0
        for number in range(parts):
            counts = self.counts(number)
            if counts is None:
                raise TextCNNError(
                    f"{self.directory}: part {number} was damaged while the run was at work, so there is no "
                    "output. Say --resume to make the part again."
                )
            rows_written += counts.rows
            yield self._path(number)
        if rows_written != rows:
            raise TextCNNError(
                f"{self.directory} holds {rows_written:,} rows of the {rows:,} that were read, so there is "
                "no output. Remove the directory, and begin again."
            )

    def _store(self, number: int, data: bytes, counts: PartCounts) -> None:
        digest = self._digest(number, data, counts)
        listed = {"rows": counts.rows, "errors": counts.errors, "sha256": digest}
        with self._told():
            _write(self._path(number), data)
            self._list_of(number).write_text(json.dumps(listed), encoding="utf-8")

    def _wait(self, parts: int) -> None:
        """Wait until at most so many parts wait for the disk."""
        while len(self._waiting) > parts:
            self._waiting.popleft().result()

    def _path(self, number: int) -> Path:
        return self.directory / f"part-{number:08}"

    def _list_of(self, number: int) -> Path:
        return self.directory / f"part-{number:08}.json"

    def _digest(self, number: int, data: bytes, counts: PartCounts) -> str:
        """The SHA-256 over a part and all that is said of it."""
        digest = hashlib.sha256(f"{self._run} {number} {counts.rows} {counts.errors}\n".encode())
        digest.update(data)
        return digest.hexdigest()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._told():
            self.directory.mkdir(parents=True, exist_ok=True)
            opened = (self.directory / "lock").open("w")
        with opened as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise InputError(
                    f"Another process is writing {self.target}. Wait for it, or name another file.",
                    field="output",
                ) from error
            yield

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say in a sentence why the disk takes no more."""
        try:
            yield
        except OSError as error:
            raise TextCNNError(
                f"{self.directory} cannot be written: {error.strerror or error}. What is done is kept: mend "
                "that, and say --resume to go on."
            ) from error

    def _begin(self, manifest: dict[str, Any]) -> None:
        """Write the manifest; parts of an older format go, since nothing tells if they are whole."""
        with self._told():
            for old in (*self.directory.glob("part-*"), *self.directory.glob("errors-*")):
                old.unlink()
            temporary = self.directory / f"{_MANIFEST}.new"
            _write(temporary, json.dumps(manifest, indent=1).encode())
            temporary.replace(self.directory / _MANIFEST)
            _sync(self.directory)

    def _earlier_manifest(self) -> dict[str, Any] | None:
        try:
            manifest = json.loads((self.directory / _MANIFEST).read_bytes())
        except FileNotFoundError:
            return None
        except ValueError:
            manifest = None
        if not isinstance(manifest, dict):
            raise InputError(
                f"{self.directory}/{_MANIFEST} is damaged. Remove the directory.", field="resume"
            )
        return manifest

    def _check_same(self, earlier: dict[str, Any], manifest: dict[str, Any], *, resume: bool) -> None:
        if not resume:
            raise InputError(
                f"{self.directory} holds an interrupted run. Say --resume to go on, or remove it.",
                field="output",
            )
        if earlier.get("format") in range(1, FORMAT):
            earlier = _of_this_format(earlier)
        elif earlier.get("format") != FORMAT:
            raise InputError(
                f"{self.directory} is of another version of textcnn: its format is no {FORMAT}. "
                "Go on with that version, or remove the directory.",
                field="resume",
            )
        different = sorted(key for key in {*earlier, *manifest} if earlier.get(key) != manifest.get(key))
        if different:
            raise InputError(
                f"{self.directory} is of another run: {', '.join(different)} differ. "
                "Give the same input, model and options, or remove the directory.",
                field="resume",
            )


def _of_this_format(earlier: dict[str, Any]) -> dict[str, Any]:
    """An earlier format's manifest, with what absent keys and parts of a layout stand for."""
    layout = earlier.get("option layout")
    if isinstance(layout, dict):
        earlier = {**earlier, "option layout": {**Layout().to_json(), **layout}}
    return {**_LATER_KEYS, **earlier, "format": FORMAT}


def _write(path: Path, data: bytes) -> None:
    """Have a file on disk; it need not appear whole, since nothing tells of it yet."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
