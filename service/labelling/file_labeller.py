"""Whole files of a moderate size: labelled in a thread of the bounded pool, with the model that answers."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

from textcnn.errors import ConfigError, CorpusError
from textcnn.files.in_process import label_in_process
from textcnn.service.labelling.model_tallies import ModelTally
from textcnn.service.service_errors import TimeLimitError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from textcnn.files.file_options import FileOptions
    from textcnn.files.label_chunk import Labelled
    from textcnn.files.outputs import Output
    from textcnn.service.labelling.bounded_pool import BoundedPool
    from textcnn.service.labelling.labeller import Labeller
    from textcnn.service.labelling.model_tallies import ModelTallies
    from textcnn.service.loaded.registry import LoadedModel
    from textcnn.service.settings import Settings


@dataclass(frozen=True, slots=True)
class LabelledFile:
    """A labelled file, and the numbers of its rows."""

    model: LoadedModel
    output: Output
    rows: int
    errors: int
    """Rows that could not be labelled."""


class FileLabeller:
    """Label files with the models that `Labeller.find` gives."""

    def __init__(
        self, labeller: Labeller, settings: Settings, pool: BoundedPool, tallies: ModelTallies
    ) -> None:
        self._labeller, self._pool, self._tallies = labeller, pool, tallies
        self._most_bytes = settings.max_unpacked_bytes

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
            ModelNotFoundError, NotReadyError: there is no such model, or none yet.
            OverloadedError: too much waits already.
        """
        loaded = await self._labeller.find(model, version)
        work = _Work(loaded, source, target, options, self._most_bytes)
        try:
            output = await self._pool.run(work.run)
        finally:
            work.stop()
        self._tallies.add(loaded, work.tally)
        return LabelledFile(loaded, output, work.rows, work.errors)


class _Work:
    """The work on a file. Threads cannot be stopped from outside, so it asks after each chunk whether to."""

    def __init__(
        self, model: LoadedModel, source: Path, target: Path, options: FileOptions, most_bytes: int
    ) -> None:
        self._model, self._source, self._target = model, source, target
        self._options, self._most_bytes = options, most_bytes
        self._stopped = Event()
        self.tally = ModelTally()
        self.rows = self.errors = 0

    def run(self) -> Output:
        try:
            return label_in_process(
                self._model.classifier,
                self._source,
                self._target,
                self._options,
                most_bytes=self._most_bytes,
                after_chunk=self._count,
            )
        except (CorpusError, ConfigError) as error:  # the path on this machine is not for clients
            message = error.message.replace(str(self._source), "The file")
            raise type(error)(message, field=error.field) from error

    def stop(self) -> None:
        self._stopped.set()

    def _count(self, rows: Sequence[Labelled]) -> None:
        if self._stopped.is_set():
            raise TimeLimitError("Nobody waits for this file any more.")
        self.rows += len(rows)
        for row in rows:
            if row.prediction is None:
                self.errors += 1
            else:
                self.tally.add(row.prediction)
