"""Promises that `make test` holds a few times and `make proof` many times, with what came of them kept.

@proof("a killed run ends in the bytes of one that was not", count(few=3, full=100))
def test_...
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import pytest

from benchmarks.machine import read_results, write_results

if TYPE_CHECKING:
    from collections.abc import Iterable

PROOF: Final = bool(os.environ.get("TEXTCNN_PROOF"))
"""Whether the full counts run, and are kept."""
RESULTS: Final = "proof"


def count(few: int, full: int) -> int:
    """How often a promise is tried: `few` times by `make test`, `full` times by `make proof`."""
    return full if PROOF else few


def proof(promise: str, times: int) -> pytest.MarkDecorator:
    """Mark a test that holds a promise so many times; each set of its parameters adds as many."""
    return pytest.mark.proof(promise, times)


def keep_outcome(markers: Iterable[pytest.Mark], part: str, *, held: bool, seconds: float) -> None:
    """Write what came of a marked test to `benchmarks/results/proof.json`: a broken promise, too."""
    for marker in markers:
        promise, times = marker.args
        promises = read_results(RESULTS).get("promises", {})
        outcome = {"times": times, "held": held, "seconds": round(seconds, 1)}
        promises[promise] = promises.get(promise, {}) | {part: outcome}
        write_results(RESULTS, {"promises": promises})
