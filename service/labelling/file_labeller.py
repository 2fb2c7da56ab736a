"""Whole files of a moderate size: each labelled in a child process, by the version that answers.

The file is believed by nobody but the child. The worst one costs its own request: the child is ended with
the time limit, with the client's leaving and at its limit of memory, and the next file gets another one.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import stat
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final

from textcnn.errors import CorpusError
from textcnn.service.labelling.file_children import FileChildren
from textcnn.service.labelling.file_messages import FileDone, FileFailed, FileTask
from textcnn.service.service_errors import FaultError, TimeLimitError

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.files.file_options import FileOptions
    from textcnn.service.labelling.bounded_pool import BoundedPool
    from textcnn.service.labelling.file_children import FileChild
    from textcnn.service.labelling.file_messages import Answer
    from textcnn.service.labelling.labeller import Labeller
    from textcnn.service.labelling.model_tallies import ModelTallies
    from textcnn.service.loaded.registry import LoadedModel
    from textcnn.service.settings import Settings

log = logging.getLogger(__name__)

MOST_IDLE: Final = 2
"""Children that are kept for the next files."""


@dataclass(frozen=True, slots=True)
class LabelledFile:
    """A labelled file, and the numbers of its rows."""

    model: LoadedModel
    format: str
    compression: str | None
    rows: int
    errors: int
    """Rows that could not be labelled."""
    left_out: dict[str, int]
    """The number of what stands in the file and is no row, by reason."""
    notes: dict[str, int]
    """The number of rows that were read in a way that is not sure, by what was made of them."""
    reading: str
    """How the file was read, as far as it was guessed too."""
    warnings: tuple[str, ...]


class FileLabeller:
    """Label files with the models that `Labeller.find` gives."""

    def __init__(
        self, labeller: Labeller, settings: Settings, pool: BoundedPool, tallies: ModelTallies
    ) -> None:
        self._labeller, self._pool, self._tallies = labeller, pool, tallies
        self._most_bytes = settings.max_unpacked_bytes
        self._memory_bytes = settings.file_memory_mb * 1_000_000
        self.children = FileChildren(min(MOST_IDLE, settings.threads))

    async def label(
        self,
        source: Path,
        target: Path,
        options: FileOptions,
        model: str | None = None,
        version: str | None = None,
    ) -> LabelledFile:
        """Label a file into another one, by the named model or the default one.

        Raises:
            CorpusError, ConfigError, TooLargeError: the file cannot be used.
            ModelNotFoundError: there is no such model.
            NotReadyError: there is none yet, or no process to read the file with.
            OverloadedError: too much waits already.
        """
        loaded = await self._labeller.find(model, version)
        task = self._task(loaded, source, target, options)
        work = _Work(self.children, task)
        try:
            answer = await self._pool.run(work.run)
        except asyncio.CancelledError:
            await asyncio.to_thread(work.stop)  # the directory goes next, and nobody may write to it then
            raise
        done = _checked(answer, target)
        try:
            tally = done.tally.to_tally(loaded.classifier.labels, max(0, done.rows - done.errors))
        except ValueError as error:
            raise _nothing() from error
        self._tallies.add(loaded, tally)
        return LabelledFile(
            loaded,
            done.format,
            done.compression,
            done.rows,
            done.errors,
            done.left_out,
            done.notes,
            done.reading,
            tuple(done.warnings),
        )

    def _task(self, loaded: LoadedModel, source: Path, target: Path, options: FileOptions) -> FileTask:
        return FileTask(
            directory=loaded.directory,
            version=loaded.version,
            source=str(source),
            target=str(target),
            layout=options.layout.to_json(),
            options={
                each.name: getattr(options, each.name)
                for each in dataclasses.fields(options)
                if each.name != "layout"
            },
            most_bytes=self._most_bytes,
            memory_bytes=self._memory_bytes,
        )


def _checked(answer: Answer, target: Path) -> FileDone:
    """The answer that a file is labelled, if it is.

    Raises:
        CorpusError, ConfigError, TooLargeError, NotReadyError: as the child tells.
    """
    if isinstance(answer, FileFailed):
        error = answer.to_error()
        if isinstance(error, FaultError):
            log.error("a file met a bug: %s", answer.trace)
            raise CorpusError(error.message)
        raise error
    if not isinstance(answer, FileDone) or not _is_file(target):
        raise _nothing()
    return answer


def _is_file(path: Path) -> bool:
    """Whether there is a file, and no link to another one."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return False


def _nothing() -> CorpusError:
    return CorpusError("The file cannot be read: no labelled one came of it. Send it in several parts.")


class _Work:
    """One file in one child; `stop` ends the child, whatever it is at."""

    def __init__(self, children: FileChildren, task: FileTask) -> None:
        self._children, self._task = children, task
        self._lock = Lock()
        self._child: FileChild | None = None
        self._stopped = False

    def run(self) -> Answer:
        """Return the child's answer. Runs in a thread."""
        child = self._children.take()
        try:
            with self._lock:
                if self._stopped:
                    raise TimeLimitError("Nobody waits for this file any more.")
                self._child = child
            return child.do(self._task)
        finally:
            with self._lock:
                self._child = None
            self._children.give_back(child)

    def stop(self) -> None:
        """End the child, and return when it has ended."""
        with self._lock:
            self._stopped = True
            if self._child is not None:
                self._child.kill()
