"""Whole files of a moderate size: labelled in a thread of the bounded path, with the model that answers."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

from textcnn.errors import ConfigError, CorpusError
from textcnn.files.in_process import label_in_process
from textcnn.service.errors import TimeLimitError
from textcnn.service.http.prometheus import ModelTally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textcnn.files.label_chunk import Labelled
    from textcnn.files.outputs import Output
    from textcnn.service.http.prometheus import Metrics
    from textcnn.service.http.upload import Upload
    from textcnn.service.labelling.bounded_pool import HeavyWork
    from textcnn.service.labelling.labeller import Labeller
    from textcnn.service.loaded.registry import LoadedModel
    from textcnn.service.settings import Settings


@dataclass(frozen=True, slots=True)
class LabelledFile:
    """What came of a file."""

    model: LoadedModel
    output: Output
    rows: int
    errors: int
    """Rows that could not be labelled."""


class FileLabeller:
    """Labels files with the models that `Labeller.find` gives."""

    def __init__(self, labeller: Labeller, settings: Settings, heavy: HeavyWork, metrics: Metrics) -> None:
        self._labeller, self._heavy, self._metrics = labeller, heavy, metrics
        self._most_bytes = settings.max_unpacked_bytes

    async def label(self, upload: Upload) -> LabelledFile:
        """Label an upload into its target.

        Raises:
            CorpusError, ConfigError, TooLargeError: the file cannot be used.
            ModelNotFoundError, NotReadyError: there is no such model, or none yet.
            OverloadedError: too much waits already.
        """
        model = await self._labeller.find(upload.asked.model, upload.asked.version)
        work = _Work(model, upload, self._most_bytes)
        try:
            output = await self._heavy.run(work.run)
        finally:
            work.stop()
        self._metrics.add(model, work.tally)
        return LabelledFile(model, output, work.rows, work.errors)


class _Work:
    """One file. A thread cannot be stopped from outside, so it looks after each chunk if it should go on."""

    def __init__(self, model: LoadedModel, upload: Upload, most_bytes: int) -> None:
        self._model, self._upload, self._most_bytes = model, upload, most_bytes
        self._stopped = Event()
        self.tally = ModelTally()
        self.rows = self.errors = 0

    def run(self) -> Output:
        source = self._upload.source
        try:
            return label_in_process(
                self._model.classifier,
                source,
                self._upload.target,
                self._upload.asked.options(),
                most_bytes=self._most_bytes,
                after_chunk=self._count,
            )
        except (CorpusError, ConfigError) as error:  # where it lies here is nobody's business
            message = error.message.replace(str(source), "The file")
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
