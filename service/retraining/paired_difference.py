"""The difference of two versions on the same rows, and its confidence interval."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Booleans = NDArray[np.bool_]
    Floats = NDArray[np.float64]

DRAWS: Final = 1_000
_NUMBERS_AT_ONCE: Final = 4_000_000


@dataclass(frozen=True)
class Paired:
    """The truth of N rows (N x L), and the labels that the old and the new version give them (N x L).

    The bootstrap draws rows, so both versions are always seen on the same ones (Efron and Tibshirani 1993):
    what both get wrong cancels, and the interval is that of the difference.
    """

    truth: Booleans
    old: Booleans
    new: Booleans

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.truth)

    def old_macro_f1(self) -> float:
        """Mean F1 of the old version over the labels that are true somewhere."""
        return float(self._macro_f1(self.old, self._once)[0])

    def new_macro_f1(self) -> float:
        """The same of the new version."""
        return float(self._macro_f1(self.new, self._once)[0])

    def difference(self) -> float:
        """Macro-F1 of the new version less that of the old one."""
        return self.new_macro_f1() - self.old_macro_f1()

    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the difference; (0, 0) of no rows."""
        low, high = np.quantile(self._drawn[0], [0.025, 0.975])
        return float(low), float(high)

    def collapses(self, tolerance: float) -> list[tuple[int, float]]:
        """The labels whose recall falls for certain, and by more than `tolerance`; with the fall."""
        changes = self._recalls(self._once)[0]  # L
        highest = np.quantile(self._drawn[1], 0.975, axis=0) if self.rows else changes  # draws x L -> L
        return [
            (int(index), float(-changes[index]))
            for index in np.flatnonzero((changes < -tolerance) & (highest < 0))
        ]

    @cached_property
    def _drawn(self) -> tuple[Floats, Floats]:
        """Difference of macro-F1 (draws) and of each recall (draws x L)."""
        if not self.rows:
            return np.zeros(1), np.zeros((1, self.truth.shape[1]))
        differences, recalls = [], []
        for weights in self._weights():
            differences.append(self._macro_f1(self.new, weights) - self._macro_f1(self.old, weights))
            recalls.append(self._recalls(weights))
        return np.concatenate(differences), np.concatenate(recalls)

    def _weights(self) -> Iterator[Floats]:
        """The counts of each row in the draws (draws x N), some draws at a time."""
        random = np.random.default_rng(0)
        at_once = max(1, _NUMBERS_AT_ONCE // self.rows)
        for start in range(0, DRAWS, at_once):
            drawn = random.integers(0, self.rows, size=(min(at_once, DRAWS - start), self.rows))
            yield np.stack([np.bincount(row, minlength=self.rows) for row in drawn]).astype(np.float64)

    @property
    def _once(self) -> Floats:
        return np.ones((1, self.rows))

    def _macro_f1(self, given: Booleans, weights: Floats) -> Floats:
        """For each draw, the mean F1 over the labels that are true in it."""
        hits, true, answers = (  # each draws x L
            weights @ each.astype(np.float64) for each in (self.truth & given, self.truth, given)
        )
        f1 = 2 * hits / np.maximum(true + answers, 1)
        return np.asarray(f1.sum(axis=1, where=true > 0) / np.maximum((true > 0).sum(axis=1), 1))

    def _recalls(self, weights: Floats) -> Floats:
        """For each draw and label, the recall of the new version less that of the old one (draws x L)."""
        true = np.maximum(weights @ self.truth.astype(np.float64), 1)
        gained = (self.truth & self.new).astype(np.float64) - (self.truth & self.old)
        return np.asarray(weights @ gained / true)
