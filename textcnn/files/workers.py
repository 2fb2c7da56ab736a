"""Chunks labelled by several processes, in order and with few of them in memory."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from textcnn.errors import TextCNNError
from textcnn.processes import end_with_pool

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from textcnn.classifier import TextClassifier
    from textcnn.files.chunks import SourceRow
    from textcnn.files.prepare import Prepared

Chunk = tuple[int, "list[SourceRow]"]
"""A number, and its rows."""

IN_FLIGHT: Final = 2
"""Chunks that wait or are worked on, for each process."""

OWN_CHUNKS = 4
"""Chunks that this process labels before it starts others: a smaller file does not need them."""


_SELDOM: Final = 500_000
"""New objects between two looks for cycles. A chunk is some 30,000 of them, and none is in a cycle."""


@dataclass(frozen=True, slots=True)
class Work:
    """The work that a process is told of; the classifier is loaded in each, and its tables are shared."""

    model: str
    unknown_below: float | None
    prepared: Prepared


@dataclass(frozen=True, slots=True)
class Done:
    """A labelled chunk."""

    number: int
    rows: int
    last_line: int
    data: bytes
    errors: int
    first_error: str | None


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def label_chunks(
    chunks: Iterable[Chunk], work: Work, classifier: TextClassifier, workers: int
) -> Iterator[Done]:
    """Each chunk labelled, in order, by this process and by `workers - 1` others.

    This one reads the chunks, hands them out, and labels one itself whenever the others have enough to do:
    so too while they start.

    Raises:
        TextCNNError: a process died; what came before was given.
    """
    chunks = iter(chunks)
    with _collecting_seldom():
        for chunk in chunks if workers == 1 else islice(chunks, OWN_CHUNKS):
            yield _label(chunk, work, classifier)
        following = next(chunks, None)
        if following is not None:
            yield from _label_together(chain([following], chunks), work, classifier, workers - 1)


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Let the garbage collector look for cycles seldom: it would take a quarter of the time of a file."""
    before = gc.get_threshold()
    gc.set_threshold(_SELDOM, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _label_together(
    chunks: Iterator[Chunk], work: Work, classifier: TextClassifier, others: int
) -> Iterator[Done]:
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    pool = ProcessPoolExecutor(others, context, initializer=_begin, initargs=(work,))
    started = pool.submit(_has_begun)
    waiting: deque[Done | Future[Done]] = deque()
    handed_out = 0
    try:
        for chunk in chunks:
            if started.done() and handed_out < others * IN_FLIGHT:
                waiting.append(pool.submit(_label_here, chunk))
                handed_out += 1
            else:
                waiting.append(_label(chunk, work, classifier))
            while waiting and (_is_done(waiting[0]) or len(waiting) > others * IN_FLIGHT + 1):
                handed_out -= isinstance(waiting[0], Future)
                yield _result(waiting.popleft())
        while waiting:
            yield _result(waiting.popleft())
    except BrokenProcessPool as error:
        raise TextCNNError(
            "A process died, perhaps for lack of memory. What is done is kept: "
            "say --resume to go on, with fewer --workers if memory is short."
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _is_done(item: Done | Future[Done]) -> bool:
    return isinstance(item, Done) or item.done()


def _result(item: Done | Future[Done]) -> Done:
    return item if isinstance(item, Done) else item.result()


_state: list[tuple[Work, TextClassifier]] = []
"""Of a process of the pool: what it does, and the model it loaded."""


def _begin(work: Work) -> None:
    end_with_pool()  # before anything that takes long
    from textcnn.classifier import TextClassifier

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interruption means
    gc.set_threshold(_SELDOM)
    _state.append((work, TextClassifier.load(work.model, unknown_below=work.unknown_below)))


def _has_begun() -> None:
    """Runs when a process of the pool is ready."""


def _label_here(chunk: Chunk) -> Done:
    work, classifier = _state[0]
    return _label(chunk, work, classifier)


def _label(chunk: Chunk, work: Work, classifier: TextClassifier) -> Done:
    number, rows = chunk
    labelled = work.prepared.label(classifier, rows)
    errors = [row.error for row in labelled if row.prediction is None]
    return Done(
        number=number,
        rows=len(rows),
        last_line=rows[-1][0],
        data=work.prepared.output.write(labelled),
        errors=len(errors),
        first_error=errors[0] if errors else None,
    )
