"""The second training of a recipe: on the validation rows too, for as many epochs as the first one chose.

It needs nothing else of the first one, and begins alike whatever that chooses. So where there are cores for
both, it runs meanwhile: in a process of its own, on half of the threads, keeping its weights after each epoch
until the first one has chosen. A step is too little for several threads, so two trainings side by side take
little longer than one (docs/LOG.md).
"""

from __future__ import annotations

import os
import signal
from concurrent.futures import wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol

import torch
from loky import ProcessPoolExecutor
from safetensors.numpy import load_file, save_file

from textcnn.errors import TextCNNError
from textcnn.processes import end_with_parent
from training.fitter import Learnt
from training.progress import Reporter
from training.threads import at_most

if TYPE_CHECKING:
    from collections.abc import Iterator

    from training.checkpoint import Checkpoint
    from training.corpus import Corpus
    from training.fitter import Fitted, Fitter
    from training.place import Place

WORTH = 2_000
"""Rows from which two trainings at a time are quicker: a process takes seconds to start."""

_LOOK_SECONDS = 0.05
_COUNTS = "token_counts"


@contextmanager
def second_training(corpus: Corpus, place: Place, checkpoint: Checkpoint | None) -> Iterator[Second]:
    """The training on all that the corpus has to train on; the first one trains within the block.

    Only one that runs afterwards has a checkpoint: the other is not much behind the first.
    """
    threads = torch.get_num_threads() // 2
    if threads and place.device.type == "cpu" and place.processes == 1 and len(corpus.train) >= WORTH:
        with _own_process(threads) as pool, TemporaryDirectory() as folder, at_most(threads):
            yield _Meanwhile(corpus, pool, Path(folder))
    else:
        yield _Afterwards(corpus, checkpoint)


class Second(Protocol):
    """A second training: begun as soon as it can be, and asked when the first one has chosen."""

    def begin(self, fitter: Fitter) -> None:
        """The first one is about to begin."""

    def learnt(self, epochs: int) -> Learnt:
        """What is learnt after so many epochs.

        Raises:
            TextCNNError: its process died.
        """


class _Afterwards:
    def __init__(self, corpus: Corpus, checkpoint: Checkpoint | None) -> None:
        self._corpus, self._checkpoint = corpus, checkpoint

    def begin(self, fitter: Fitter) -> None:
        self._fitter = fitter

    def learnt(self, epochs: int) -> Learnt:
        rows = f"{len(self._corpus.train):,} rows"
        self._fitter.reporter.note(f"training again, on the validation rows too: {rows}, epochs: {epochs}")
        checkpoint = self._checkpoint.for_refit() if self._checkpoint else None
        return self._fitter.fit(self._corpus, checkpoint, epochs=epochs).learnt(self._fitter.recipe)


class _Meanwhile:
    def __init__(self, corpus: Corpus, pool: ProcessPoolExecutor, folder: Path) -> None:
        self._corpus, self._pool, self._folder = corpus, pool, folder

    def begin(self, fitter: Fitter) -> None:
        self._reporter = fitter.reporter
        rows = f"{len(self._corpus.train):,} rows"
        self._reporter.note(f"meanwhile training a second time, on the validation rows too: {rows}")
        with _telling_why():
            self._training = self._pool.submit(
                _train, replace(fitter, reporter=Reporter()), self._corpus, self._folder
            )

    def learnt(self, epochs: int) -> Learnt:
        file = _file(self._folder, epochs)
        if not file.exists():
            self._reporter.note(f"waiting for epoch {epochs} of the second training")
        while not file.exists():
            if wait([self._training], timeout=_LOOK_SECONDS).done:
                with _telling_why():
                    self._training.result()
        weights = load_file(file)
        return Learnt(weights, token_counts=weights.pop(_COUNTS))


@contextmanager
def _telling_why() -> Iterator[None]:
    try:
        yield
    except BrokenProcessPool as error:
        raise TextCNNError(
            "The process of the second training died, perhaps for lack of memory. Set OMP_NUM_THREADS=1 to "
            "train one after the other."
        ) from error


@contextmanager
def _own_process(threads: int) -> Iterator[ProcessPoolExecutor]:
    """A process that imports what training needs while its parent gets ready, and ends with the block."""
    environment = {name: str(threads) for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS")}
    pool = ProcessPoolExecutor(1, env=environment, initializer=_begin, initargs=(os.getpid(),))
    try:
        pool.submit(import_module, "datasets")
        yield pool
    finally:
        pool.shutdown(kill_workers=True)


def _begin(parent: int) -> None:
    end_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent tells what Ctrl-C means


def _train(fitter: Fitter, corpus: Corpus, folder: Path) -> None:
    """In the other process: train to the last epoch that may be chosen, and keep what each one leaves."""

    def keep(fitted: Fitted) -> None:
        learnt, file = fitted.learnt(fitter.recipe), _file(folder, len(fitted.run.history))
        unfinished = file.with_suffix(".tmp")
        save_file({**learnt.weights, _COUNTS: learnt.token_counts}, unfinished)
        unfinished.replace(file)

    fitter.fit(corpus, None, epochs=fitter.recipe.epochs, after_epoch=keep)


def _file(folder: Path, epoch: int) -> Path:
    return folder / f"epoch-{epoch}.safetensors"
