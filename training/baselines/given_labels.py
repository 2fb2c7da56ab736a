"""GivenLabels of anybody to texts, row by row, and how far two of them are apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)  # arrays have no single answer
class GivenLabels:
    """The labels given to each of some texts: a pair of row and label for each one given."""

    rows: NDArray[np.int64]
    labels: NDArray[np.int64]

    @classmethod
    def of_lists(cls, labels: Sequence[Sequence[int]]) -> GivenLabels:
        """The answers of a list of label numbers for each row."""
        rows = np.repeat(np.arange(len(labels)), [len(row) for row in labels])
        return cls(rows, np.array([label for row in labels for label in row], dtype=np.int64))

    def marks(self, truth: GivenLabels, rows: int) -> Marks:
        """The marks of these answers on so many rows whose truth is known."""
        most = 1 + max(self.labels.max(initial=0), truth.labels.max(initial=0))
        right = np.isin(self.rows * most + self.labels, truth.rows * most + truth.labels)
        sizes = np.bincount(self.rows, minlength=rows) + np.bincount(truth.rows, minlength=rows)
        return Marks(np.bincount(self.rows[right], minlength=rows), sizes)


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """Of each row the labels given rightly, and those given and true ones together."""

    hits: NDArray[np.int64]
    sizes: NDArray[np.int64]

    @property
    def micro_f1(self) -> float:
        """F1 of all decisions; of one label for each text, the accuracy."""
        return 2 * int(self.hits.sum()) / max(int(self.sizes.sum()), 1)

    def above(self, other: Marks) -> tuple[float, float]:
        """How far it is above another on the same rows, and the standard error of that.

        The error is that of the ratio's linear part, row by row, so that rows which are easy for both count
        for nothing (Cochran, Sampling Techniques, 1977, section 6.4).
        """
        apart = self._influence() - other._influence()
        return self.micro_f1 - other.micro_f1, float(np.sqrt(np.square(apart).sum())) / len(apart)

    def _influence(self) -> NDArray[np.float64]:
        """How much each row moves F1 from its mean."""
        mean = max(float(self.sizes.mean()), 1e-9)
        return np.asarray((2 * self.hits - self.micro_f1 * self.sizes) / mean)
