"""Runs as a mean and its spread: as results keep them, and as people read them."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def summarise(figures: Sequence[float]) -> dict[str, float | None]:
    """Mean and standard deviation, to two digits; one figure has no deviation."""
    return {
        "mean": round(statistics.fmean(figures), 2),
        "sd": round(statistics.stdev(figures), 2) if len(figures) > 1 else None,
    }


def mean_and_spread(summary: dict[str, Any] | None) -> str:
    """A mean with its standard deviation, where there is one; or that there is none yet."""
    if summary is None:
        return "not measured"
    return f"{summary['mean']:.1f}" + (f" ± {summary['sd']:.1f}" if summary["sd"] is not None else "")
