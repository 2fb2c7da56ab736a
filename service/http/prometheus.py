"""What Prometheus reads: requests, texts, and what the models say, where drift shows.

A request adds to plain numbers, and the library gets their sums once a second and before each reading: its
own counters cost several times as much, which a label would feel.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections import Counter as Counts
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from textcnn.prediction import Prediction
    from textcnn.service.http.exchange import Exchange
    from textcnn.service.labelling.labelled import BatchOutcome, Outcome
    from textcnn.service.loaded.registry import LoadedModel

CONTENT_TYPE: Final = "text/plain; version=1.0.0; charset=utf-8"
SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The library's variable: where several processes keep their figures, for any of them to tell the sums."""
OTHER_ROUTE: Final = "other"
SECONDS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
SHARES: Final = tuple(number / 20 for number in range(1, 21))
_METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})


class Tally:
    """A histogram in plain numbers."""

    __slots__ = ("_edges", "bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds, self._edges = bounds, np.array(bounds)
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def add_each(self, values: ArrayLike) -> None:
        """Count many values: by NumPy, as a call for each would cost as much as a label."""
        given = np.asarray(values, dtype=np.float64)
        added = np.bincount(np.searchsorted(self._edges, given), minlength=len(self.counts)).tolist()
        self.counts = [mine + more for mine, more in zip(self.counts, added, strict=True)]
        self.total += float(given.sum())

    def add_all(self, other: Tally) -> None:
        """Count all that another one of the same bounds has."""
        self.counts = [mine + theirs for mine, theirs in zip(self.counts, other.counts, strict=True)]
        self.total += other.total


class SummedHistogram(Histogram):
    """The library's histogram, which takes many values at once; it has no public way to."""

    def add(self, tally: Tally) -> None:
        """Add all that was counted, and empty the tally."""
        for bucket, number in zip(self._buckets, tally.counts, strict=True):
            if number:
                bucket.inc(number)
        self._sum.inc(tally.total)
        tally.counts = [0] * len(tally.counts)
        tally.total = 0.0


class ModelTally:
    """What a version of a model said."""

    __slots__ = ("labels", "scores", "texts", "truncated", "unknown")

    def __init__(self) -> None:
        self.texts = self.truncated = 0
        self.labels: Counts[str] = Counts()
        self.scores, self.unknown = Tally(SHARES), Tally(SHARES)

    def add(self, prediction: Prediction) -> None:
        """Count a text by what was said of it."""
        self.texts += 1
        self._add_labels(prediction)
        self.scores.add(prediction.score)

    def add_each(self, outcome: BatchOutcome) -> None:
        """Count the texts of a batch."""
        predictions = outcome.predictions
        if not predictions:
            return
        self.texts += len(predictions)
        self.truncated += sum(outcome.truncated)
        self.scores.add_each([prediction.score for prediction in predictions])
        self.unknown.add_each(outcome.details.unknown_shares)
        if predictions[0].labels is None:
            self.labels.update([prediction.label or "" for prediction in predictions])
        else:
            self.labels.update(label for each in predictions for label in each.labels or ("",))

    def _add_labels(self, prediction: Prediction) -> None:
        """Count each label that was given, or the empty one where none was."""
        if prediction.labels is None:
            self.labels[prediction.label or ""] += 1
        else:
            self.labels.update(prediction.labels or ("",))


class Metrics:
    """The figures of one process. Only the event loop's thread touches them."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a series for the birth of each series
        self._registry = CollectorRegistry()
        self._answers: dict[tuple[str, str, int], Tally] = {}
        self._models: dict[tuple[str, str], ModelTally] = {}
        self._make()

    def answered(self, exchange: Exchange, seconds: float) -> str:
        """Count a request; gives the name of its route, which no client can invent."""
        name = exchange.route or getattr(exchange.scope.get("route"), "path", OTHER_ROUTE)
        key = (name, exchange.method, exchange.status)
        tally = self._answers.get(key)
        if tally is None:
            method = exchange.method if exchange.method in _METHODS else OTHER_ROUTE
            tally = self._answers.setdefault((name, method, exchange.status), Tally(SECONDS))
        tally.add(seconds)
        return name

    def labelled(self, outcome: Outcome) -> None:
        """Count a text and what was said of it."""
        tally = self._tally(outcome.model)
        tally.add(outcome.prediction)
        tally.truncated += outcome.truncated
        tally.unknown.add(outcome.detail.unknown_share)

    def labelled_batch(self, outcome: BatchOutcome) -> None:
        """Count the texts of a batch and what one model said of them."""
        self._tally(outcome.model).add_each(outcome)

    def add(self, model: LoadedModel, tally: ModelTally) -> None:
        """Count what was tallied of a model elsewhere, as in a thread."""
        known = self._tally(model)
        known.texts += tally.texts
        known.labels.update(tally.labels)
        known.scores.add_all(tally.scores)

    def observe(self, *, heavy: int, under_way: int) -> None:
        """Note what the process holds at this moment."""
        self._heavy.set(heavy)
        self._under_way.set(under_way)
        self._memory.set(resident_bytes())

    def hand_over(self) -> None:
        """Give the library the sums since the last time."""
        for (route, method, status), tally in self._answers.items():
            if any(tally.counts):
                self._requests.labels(route, method, str(status)).inc(sum(tally.counts))
                self._seconds.labels(route).add(tally)
        for (name, version), model in self._models.items():
            self._texts.labels(name, version).inc(model.texts)
            self._truncated.labels(name, version).inc(model.truncated)
            for label, number in model.labels.items():
                self._labels.labels(name, version, label).inc(number)
            self._scores.labels(name, version).add(model.scores)
            self._unknown.labels(name, version).add(model.unknown)
            model.texts = model.truncated = 0
            model.labels.clear()

    def page(self) -> bytes:
        """What Prometheus reads: of this process, or of all that share a directory."""
        self.hand_over()
        if SHARED not in os.environ:
            return generate_latest(self._registry)
        for pid in _dead(os.environ[SHARED]):
            mark_process_dead(pid)  # type: ignore[no-untyped-call]
        everybody = CollectorRegistry()
        MultiProcessCollector(everybody)  # type: ignore[no-untyped-call]
        return generate_latest(everybody)

    def _tally(self, model: LoadedModel) -> ModelTally:
        key = (model.name, model.version)
        found = self._models.get(key)
        if found is None:
            found = self._models[key] = ModelTally()
        return found

    def _make(self) -> None:
        registry = self._registry
        self._requests = Counter(
            "textcnn_requests", "Requests answered.", ["route", "method", "status"], registry=registry
        )
        self._seconds = SummedHistogram(
            "textcnn_request_seconds", "From the head of a request to the end of its answer.", ["route"],
            buckets=SECONDS, registry=registry,
        )  # fmt: skip
        model = ["model", "version"]
        self._texts = Counter("textcnn_texts", "Texts labelled.", model, registry=registry)
        self._truncated = Counter(
            "textcnn_truncated_texts", "Texts cut off at the longest length.", model, registry=registry
        )
        self._labels = Counter(
            "textcnn_labels",
            "Labels given; an empty one where none was.",
            [*model, "label"],
            registry=registry,
        )
        self._scores = SummedHistogram(
            "textcnn_score", "Score of the best label.", model, buckets=SHARES, registry=registry
        )
        self._unknown = SummedHistogram(
            "textcnn_unknown_token_share", "Share of a text's tokens that the vocabulary lacks.", model,
            buckets=SHARES, registry=registry,
        )  # fmt: skip
        self._heavy = Gauge(
            "textcnn_heavy_requests", "Long texts, batches and files under way or waiting.",
            registry=registry, multiprocess_mode="livesum",
        )  # fmt: skip
        self._under_way = Gauge(
            "textcnn_requests_under_way", "Requests not answered yet.",
            registry=registry, multiprocess_mode="livesum",
        )  # fmt: skip
        self._memory = Gauge(
            "textcnn_resident_memory_bytes", "Memory of the processes; shared pages count in each.",
            registry=registry, multiprocess_mode="livesum",
        )  # fmt: skip


def _dead(directory: str) -> set[int]:
    """Processes that are gone, by the files of what they held when they lived."""
    pids = {int(file.stem.rpartition("_")[2]) for file in Path(directory).glob("gauge_live*_*.db")}
    return {pid for pid in pids if not _lives(pid)}


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def resident_bytes() -> int:
    """Memory of this process; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  # a path object would cost more
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
