"""The refit: a second training, on the validation rows too, for as many epochs as the first one chose.

It needs nothing else of the first one, and begins alike whatever that chooses. So where there are cores for
both, it runs meanwhile: in a process of its own, on half of the threads, keeping its weights after each epoch
until the first one has chosen. A step is too little for several threads, so two trainings side by side take
little longer than one (docs/LOG.md#the-second-training-beside-the-first).
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import torch
from safetensors.numpy import load_file, save_file

from textcnn.processes import end_with_parent, start_python
from textcnn.training.fitting.fitter import Learnt
from textcnn.training.network.threads import at_most
from textcnn.training.progress import Reporter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textcnn.training.data.corpus import Corpus
    from textcnn.training.device import Device
    from textcnn.training.fitting.checkpoint import Checkpoint
    from textcnn.training.fitting.fitter import Fitted, Fitter

LEAST_ROWS_BESIDE = 2_000
"""Rows from which two trainings at a time are quicker: a process takes seconds to start."""

_JOB = "job.pickle"
_STDERR = "stderr.txt"
_COUNTS = "token_counts"
_LOOK_SECONDS = 0.05


@contextmanager
def open_refit(corpus: Corpus, device: Device, checkpoint: Checkpoint | None) -> Iterator[Refit]:
    """Yield the training on all that the corpus has to train on; the first one trains within the block.

    In another process it has no checkpoint, as it is never much behind the first; but for where that resumes.
    """
    threads = torch.get_num_threads() // 2
    resumed = checkpoint is not None and checkpoint.exists()
    alone = device.torch_device.type == "cpu" and device.processes == 1
    if threads and alone and not resumed and len(corpus.train) >= LEAST_ROWS_BESIDE:
        # Beside the checkpoint, what is left after a kill goes when the run is complete.
        parent_directory = checkpoint.directory if checkpoint else None
        with (
            TemporaryDirectory(dir=parent_directory) as folder,
            _RefitProcess(Path(folder), threads) as process,
            at_most(threads),
        ):
            yield Refit(corpus, checkpoint, process)
    else:
        yield Refit(corpus, checkpoint)


class Refit:
    """The second training: begun beside the first one where a process is there for it."""

    def __init__(
        self, corpus: Corpus, checkpoint: Checkpoint | None, process: _RefitProcess | None = None
    ) -> None:
        self._corpus, self._checkpoint, self._process = corpus, checkpoint, process
        self._rows = f"on the validation rows too: {len(corpus.train):,} rows"

    def begin(self, fitter: Fitter) -> None:
        """Start to train as the fitter does, if there is a process for it."""
        if self._process is not None:
            fitter.reporter.note(f"meanwhile training a second time, {self._rows}")
            self._process.train(fitter, self._corpus)

    def after(self, epochs: int, fitter: Fitter) -> Learnt:
        """Wait for what is learnt after so many epochs; where no other process learns it, this one does."""
        if self._process is not None:
            learnt = self._process.after(epochs, fitter.reporter)
            if learnt is not None:
                return learnt
        fitter.reporter.note(f"training again, {self._rows}, epochs: {epochs}")
        checkpoint = self._checkpoint.for_refit() if self._checkpoint else None
        return fitter.fit(self._corpus, checkpoint, epochs=epochs).learnt(fitter.recipe)


class _RefitProcess:
    """A process that imports what training needs while its parent gets ready, and ends with the block."""

    def __init__(self, folder: Path, threads: int) -> None:
        self._folder, self._threads = folder, threads

    def __enter__(self) -> _RefitProcess:
        arguments = (self._folder, self._threads, os.getpid())
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL}
        with (self._folder / _STDERR).open("wb") as stderr:
            self._process = start_python("textcnn.training.refit", *arguments, stderr=stderr, **pipes)
        return self

    def __exit__(self, *_: object) -> None:
        with self._process:
            self._process.kill()

    def train(self, fitter: Fitter, corpus: Corpus) -> None:
        """Let it train."""
        with (self._folder / _JOB).open("wb") as file:
            pickle.dump((replace(fitter, reporter=Reporter()), corpus), file)
        if self._process.stdin is not None:
            self._process.stdin.close()  # the sign that it waits for

    def after(self, epochs: int, reporter: Reporter) -> Learnt | None:
        """Wait for what it learns in so many epochs; None if it ended before, which is told."""
        file = _file(self._folder, epochs)
        if not file.exists():
            reporter.note(f"waiting for epoch {epochs} of the second training")
        while not file.exists():
            exit_code = self._process.poll()
            if exit_code is not None and not file.exists():
                lines = (self._folder / _STDERR).read_text(encoding="utf-8", errors="replace").split("\n")
                last_line = next((line for line in reversed(lines) if line.strip()), "no words")
                reporter.note(
                    f"the process of the second training ended with exit code {exit_code}: {last_line}"
                )
                return None
            time.sleep(_LOOK_SECONDS)
        weights = load_file(file)
        return Learnt(weights, token_counts=weights.pop(_COUNTS))


def main(folder: Path, threads: int, parent: int) -> None:
    """Train to the last epoch that may be chosen, in the other process, and keep what each epoch leaves."""
    end_with_parent(parent)
    import datasets  # noqa: F401  # takes a second, and the corpus is made of it

    sys.stdin.read()
    with (folder / _JOB).open("rb") as file:
        fitter, corpus = pickle.load(file)  # noqa: S301  # the parent's own
    epochs = fitter.recipe.epochs

    def keep(fitted: Fitted) -> None:
        epoch = len(fitted.run.history)
        if fitter.recipe.refit_epochs == "all" and epoch < epochs:
            return
        learnt, file = fitted.learnt(fitter.recipe), _file(folder, epoch)
        unfinished = file.with_suffix(".tmp")
        save_file({**learnt.weights, _COUNTS: learnt.token_counts}, unfinished)
        unfinished.replace(file)

    with at_most(threads):
        fitter.fit(corpus, None, epochs=epochs, after_epoch=keep)


def _file(folder: Path, epoch: int) -> Path:
    return folder / f"epoch-{epoch}.safetensors"


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
