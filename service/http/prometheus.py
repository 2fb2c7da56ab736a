"""Metrics for Prometheus: requests, texts, and what the models say, where drift shows.

A request adds to plain numbers, and the library gets their sums once a second and before each reading: its
own counters cost several times as much, which would slow each label.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from textcnn.service.labelling.model_tallies import SHARES
from textcnn.service.labelling.tally import Tally
from textcnn.service.process.restarts import worker_restarts
from textcnn.service.process.supervision import Supervision

if TYPE_CHECKING:
    from textcnn.service.http.exchange import Exchange
    from textcnn.service.labelling.model_tallies import ModelTallies

CONTENT_TYPE: Final = "text/plain; version=1.0.0; charset=utf-8"
SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The library's variable for the directory where processes share their figures: any of them can sum them."""
OTHER_ROUTE: Final = "other"
SECONDS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})


class SummedHistogram(Histogram):
    """The library's histogram, made to take many values at once, for which it has no public method."""

    def add(self, tally: Tally) -> None:
        """Add the counts of a tally, and empty it."""
        for bucket, number in zip(self._buckets, tally.counts, strict=True):
            if number:
                bucket.inc(number)
        self._sum.inc(tally.total)
        tally.clear()


class Metrics:
    """The figures of one process, with those of its models. Only the event loop's thread touches them."""

    def __init__(self, tallies: ModelTallies, supervision: Supervision | None = None) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a series for the birth of each series
        self._registry = CollectorRegistry()
        self._answers: dict[tuple[str, str, int], Tally] = {}
        self._tallies = tallies
        self._supervision = supervision or Supervision()
        self._restarts_told: dict[str, int] = {}
        self._make()

    def answered(self, exchange: Exchange, seconds: float) -> str:
        """Count a request, and return the name of its route, which no client can invent."""
        name = exchange.route or getattr(exchange.scope.get("route"), "path", OTHER_ROUTE)
        key = (name, exchange.method, exchange.status)
        tally = self._answers.get(key)
        if tally is None:
            method = exchange.method if exchange.method in _METHODS else OTHER_ROUTE
            tally = self._answers.setdefault((name, method, exchange.status), Tally(SECONDS))
        tally.add(seconds)
        return name

    def refused(self, status: int) -> str:
        """Count what was refused before it was a whole request, and return the name of its route."""
        self._answers.setdefault((OTHER_ROUTE, OTHER_ROUTE, status), Tally(SECONDS)).add(0.0)
        return OTHER_ROUTE

    def observe(self, *, heavy: int, under_way: int) -> None:
        """Note what the process holds at this moment."""
        self._heavy.set(heavy)
        self._under_way.set(under_way)
        self._memory.set(resident_bytes())
        self._worker.set(worker_restarts())

    def hand_over(self) -> None:
        """Give the library the sums since the last time."""
        for task, number in self._supervision.restarts.items():
            self._restarts.labels(task).inc(number - self._restarts_told.get(task, 0))
            self._restarts_told[task] = number
        for (route, method, status), tally in self._answers.items():
            if any(tally.counts):
                self._requests.labels(route, method, str(status)).inc(sum(tally.counts))
                self._seconds.labels(route).add(tally)
        for (name, version), model in self._tallies.by_version.items():
            self._texts.labels(name, version).inc(model.texts)
            self._truncated.labels(name, version).inc(model.truncated)
            for label, number in model.labels.items():
                self._labels.labels(name, version, label).inc(number)
            self._scores.labels(name, version).add(model.scores)
            self._unknown.labels(name, version).add(model.unknown)
            model.clear()

    def page(self) -> bytes:
        """The page that Prometheus reads: of this process, or of all that share a directory."""
        self.hand_over()
        if SHARED not in os.environ:
            return generate_latest(self._registry)
        for pid in _dead(os.environ[SHARED]):
            mark_process_dead(pid)  # type: ignore[no-untyped-call]
        all_processes = CollectorRegistry()
        MultiProcessCollector(all_processes)  # type: ignore[no-untyped-call]
        return generate_latest(all_processes)

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
        self._restarts = Counter(
            "textcnn_task_restarts",
            "Times that a task in the background was started anew after an error.",
            ["task"],
            registry=registry,
        )
        self._worker = Gauge(
            "textcnn_worker_restarts", "Times that the worker beside the service was started anew.",
            registry=registry, multiprocess_mode="max",
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
    """The processes that have ended, by the files of gauges that they left."""
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
    """Memory of this process; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  # a path object would cost more
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
