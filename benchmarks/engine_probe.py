"""One round of the engine's figures in a process of its own: `python -P benchmarks/engine_probe.py`.

Uses nothing but what `TextClassifier` has had since 0.1.0, for `before_after` runs it by the Python of
another checkout. Reads texts as JSON from its input, and writes the microseconds a text as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

from textcnn import TextClassifier

if TYPE_CHECKING:
    from collections.abc import Callable

BATCH = 256
EXPLAINED = 500


def measure(texts: list[str]) -> dict[str, float]:
    """Microseconds a text: one by one, in batches, explained."""
    classifier = TextClassifier.load("sentiment")
    for text in texts[:200]:
        classifier.explain(text)
    return {
        "one text": _microseconds(lambda: [classifier.classify(text) for text in texts], len(texts)),
        "batches": _microseconds(lambda: _in_batches(classifier.classify_batch, texts), len(texts)),
        "explained": _microseconds(
            lambda: [classifier.explain(text) for text in texts[:EXPLAINED]], EXPLAINED
        ),
    }


def _in_batches(classify: Callable[[list[str]], Any], texts: list[str]) -> None:
    for start in range(0, len(texts), BATCH):
        classify(texts[start : start + BATCH])


def _microseconds(work: Callable[[], object], texts: int) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) / texts * 1e6


if __name__ == "__main__":
    json.dump(measure(json.load(sys.stdin)), sys.stdout)
