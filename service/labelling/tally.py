"""A histogram in plain numbers, which costs less than a library's."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike


class Tally:
    """Counts of the values up to each bound and above the last one, and their sum."""

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
        array = np.asarray(values, dtype=np.float64)
        added = np.bincount(np.searchsorted(self._edges, array), minlength=len(self.counts)).tolist()
        self.counts = [mine + more for mine, more in zip(self.counts, added, strict=True)]
        self.total += float(array.sum())

    def add_all(self, other: Tally) -> None:
        """Add the counts of another tally with the same bounds."""
        self.counts = [mine + theirs for mine, theirs in zip(self.counts, other.counts, strict=True)]
        self.total += other.total

    def clear(self) -> None:
        """Reset the counts."""
        self.counts = [0] * len(self.counts)
        self.total = 0.0
