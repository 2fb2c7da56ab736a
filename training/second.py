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
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import torch
from loky import ProcessPoolExecutor
from safetensors.numpy import load_file, save_file

from textcnn.errors import TextCNNError
from textcnn.processes import end_with_parent
from training.fitter import Learnt
from training.progress import Reporter
from training.threads import at_most

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from training.checkpoint import Checkpoint
    from training.corpus import Corpus
    from training.fitter import Fitted, Fitter

WORTH = 2_000
"""Rows from which two trainings at a time are quicker: a process takes seconds to start."""

_LOOK_SECONDS = 0.05
_COUNTS = "token_counts"


@contextmanager
def second_training(
    fitter: Fitter, corpus: Corpus, checkpoint: Checkpoint | None
) -> Iterator[Callable[[int], Learnt]]:
    """What gives what it has learnt after so many epochs; the first one trains within the block.

    Only one that runs afterwards has a checkpoint: the other is not much behind the first.

    Raises:
        TextCNNError: when asked for that, if the other process died.
    """
    place, threads = fitter.place, torch.get_num_threads() // 2
    if threads and place.device.type == "cpu" and place.processes == 1 and len(corpus.train) >= WORTH:
        with _meanwhile(fitter, corpus, threads) as finish:
            yield finish
    else:
        yield partial(_afterwards, fitter, corpus, checkpoint)


def _afterwards(fitter: Fitter, corpus: Corpus, checkpoint: Checkpoint | None, epochs: int) -> Learnt:
    rows = f"{len(corpus.train):,} rows"
    fitter.reporter.note(f"training again, on the validation rows too: {rows}, epochs: {epochs}")
    fitted = fitter.fit(corpus, checkpoint.for_refit() if checkpoint else None, epochs=epochs)
    return fitted.learnt(fitter.recipe)


@contextmanager
def _meanwhile(fitter: Fitter, corpus: Corpus, threads: int) -> Iterator[Callable[[int], Learnt]]:
    environment = {name: str(threads) for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS")}
    rows = f"{len(corpus.train):,} rows"
    fitter.reporter.note(f"meanwhile training a second time, on the validation rows too: {rows}")
    with TemporaryDirectory() as folder:
        pool = ProcessPoolExecutor(1, env=environment, initializer=_begin, initargs=(os.getpid(),))
        try:
            training = pool.submit(_train, replace(fitter, reporter=Reporter()), corpus, Path(folder))
            with at_most(threads):
                yield partial(_finish, fitter.reporter, training, Path(folder))
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


def _finish(reporter: Reporter, training: Future[None], folder: Path, epochs: int) -> Learnt:
    file = _file(folder, epochs)
    if not file.exists():
        reporter.note(f"waiting for epoch {epochs} of the second training")
    while not file.exists():
        if wait([training], timeout=_LOOK_SECONDS).done:
            _raise_what_went_wrong(training)
    weights = load_file(file)
    return Learnt(weights, token_counts=weights.pop(_COUNTS))


def _raise_what_went_wrong(training: Future[None]) -> None:
    try:
        training.result()
    except BrokenProcessPool as error:
        raise TextCNNError(
            "The process of the second training died, perhaps for lack of memory. Set OMP_NUM_THREADS=1 to "
            "train one after the other."
        ) from error


def _file(folder: Path, epoch: int) -> Path:
    return folder / f"epoch-{epoch}.safetensors"
