"""Label files that anybody sends, one after the other, in a process that may die: `file_child`.

Each line of standard input is a task, each line of standard output what came of it; `file_messages` has their
shapes. Models stay loaded between tasks. Standard input ends when the service does, and so does this.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import OrderedDict
from functools import partial
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from textcnn.classifier import TextClassifier
from textcnn.errors import ModelError, TextCNNError
from textcnn.files.in_process import label_in_process
from textcnn.service.form_words import in_form_words
from textcnn.service.labelling import file_messages
from textcnn.service.labelling.file_limits import too_much, within_limits
from textcnn.service.labelling.file_messages import (
    LONGEST_READING,
    Answer,
    FileDone,
    FileFailed,
    FileReady,
    FileTally,
    FileTask,
)
from textcnn.service.labelling.model_tallies import ModelTally
from textcnn.service.process.malloc import limit_malloc_arenas
from textcnn.service.service_errors import NotReadyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textcnn.files.label_chunk import Labelled

MOST_MODELS: Final = 8
"""Loaded at once; the one that was used longest ago goes first. Their tables are shared with the service."""


def main() -> None:
    """Answer tasks until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the service decides what an interruption means
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    limit_malloc_arenas()
    pa.set_cpu_count(1)
    answers = FileIO(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    models = _Models()
    _tell(answers, FileReady())
    for line in sys.stdin.buffer:
        task = file_messages.decode_task(line)
        try:
            answer = _label(task, models)
        except MemoryError:
            _tell(answers, too_much(task.memory_bytes))
            return  # what is left of the memory is in pieces
        _tell(answers, answer)


class _Models:
    """The classifiers that were used last."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[str, str], TextClassifier] = OrderedDict()

    def get(self, directory: str, version: str) -> TextClassifier:
        key = directory, version
        found = self._held.get(key)
        if found is None:
            found = self._held[key] = _load(directory, version)
        self._held.move_to_end(key)
        if len(self._held) > MOST_MODELS:
            self._held.popitem(last=False)
        return found


def _load(directory: str, version: str) -> TextClassifier:
    from textcnn.catalogue import find_model

    try:
        found = find_model(Path(directory))
        if found.version() == version:
            return TextClassifier.from_directory(found)
    except (ModelError, OSError):
        pass  # it was there when the service loaded it
    raise NotReadyError(
        "The model's directory is gone or was changed after it was loaded. Start the service anew."
    )


def _label(task: FileTask, models: _Models) -> Answer:
    try:
        classifier = models.get(task.directory, task.version)
    except TextCNNError as error:
        return FileFailed.of(error)
    return within_limits(
        partial(_labelled, task, classifier), source=task.source, memory_bytes=task.memory_bytes
    )


def _labelled(task: FileTask, classifier: TextClassifier) -> FileDone:
    tally, rows, errors = ModelTally(), 0, 0

    def count(labelled: Sequence[Labelled]) -> None:
        nonlocal rows, errors
        rows += len(labelled)
        errors += file_messages.count_rows(tally, [row.prediction for row in labelled])

    output, account, reading = label_in_process(
        classifier,
        Path(task.source),
        Path(task.target),
        task.file_options(),
        most_bytes=task.most_bytes,
        after_chunk=count,
    )
    return FileDone(
        rows=rows,
        errors=errors,
        **account.counts(),
        format=output.format,  # type: ignore[arg-type]  # one of those that are written
        compression=output.compression,  # type: ignore[arg-type]
        tally=FileTally.of(tally, classifier.labels),
        reading=reading.description(rows)[:LONGEST_READING],
        warnings=[in_form_words(each)[:LONGEST_READING] for each in reading.warnings],
    )


def _tell(answers: FileIO, answer: Answer) -> None:
    answers.write(file_messages.encode(answer) + b"\n")


if __name__ == "__main__":
    main()
