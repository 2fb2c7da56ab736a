"""The names of all benchmarks, each once: `python -m benchmarks NAME` runs the module of that name."""

from __future__ import annotations

from typing import Final

PROOF: Final = "proof"
"""Counts in full what `make test` does briefly: `make proof` runs these, by `python -m benchmarks proof`."""
APART: Final = "apart"
"""Needs root and tools that build images, or another checkout: runs only by its name."""

BENCHMARKS: Final = {
    "selection": "",
    "accuracy": "",
    "kim": "",
    "distillation": "",
    "thresholds": "",
    "out_of_scope": "",
    "audit": "",
    "bundled": "",
    "startup": "",
    "training_step": "",
    "training_time": "",
    "engine": "",
    "memory": "",
    "cluster": "",
    "evidence": PROOF,
    "faithfulness": "",
    "load": PROOF,
    "soak": PROOF,
    "drain": PROOF,
    "fuzz": PROOF,
    "loop": PROOF,
    "console": PROOF,
    "image": APART,
    "before_after": APART,
}
"""Each with its group, in the order in which they run and stand in the table of machines."""

BY_TESTS: Final = ("proof",)
"""Results that `make proof` has from tests with their full counts (`tests/proof.py`)."""


def names_to_run(given: list[str]) -> list[str]:
    """The benchmarks of a command line: those named, those of `proof`, or all but those apart.

    Raises:
        SystemExit: there is none of such a name.
    """
    if not given:
        return [name for name, group in BENCHMARKS.items() if group != APART]
    if given == [PROOF]:
        return [name for name, group in BENCHMARKS.items() if group == PROOF]
    for name in given:
        if name not in BENCHMARKS:
            raise SystemExit(f"There is no benchmark '{name}'; there are {', '.join(BENCHMARKS)}.")
    return given
