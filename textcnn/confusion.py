"""Counts of true and given classes: the pairs that occur, as most of the L x L do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

MOST_PAIRS: Final = 5_000
"""Pairs that are written down, the commonest first: with 3,000 labels a file of them all would be large."""


@dataclass(frozen=True, slots=True, eq=False)  # arrays have no single answer
class PairCounts:
    """The pairs of true and given class that occur, by the classes' numbers, and the texts of each pair."""

    truth: NDArray[np.int64]
    given: NDArray[np.int64]
    texts: NDArray[np.int64]

    @classmethod
    def of_classes(
        cls, truth: NDArray[np.integer[Any]], given: NDArray[np.integer[Any]], labels: int
    ) -> PairCounts:
        """Count the pairs of two arrays of classes (N), each below `labels`."""
        codes, texts = np.unique(np.asarray(truth, dtype=np.int64) * labels + given, return_counts=True)
        return cls(codes // labels, codes % labels, texts.astype(np.int64))

    @classmethod
    def none(cls) -> PairCounts:
        """No pair: that of multi-label models, whose texts have no single class."""
        return cls(*np.empty((3, 0), dtype=np.int64))

    def __add__(self, other: PairCounts) -> PairCounts:
        truth, given = np.append(self.truth, other.truth), np.append(self.given, other.given)
        pairs, place = np.unique(np.stack([truth, given]), axis=1, return_inverse=True)
        texts = np.bincount(
            place.ravel(), weights=np.append(self.texts, other.texts), minlength=pairs.shape[1]
        )
        return PairCounts(pairs[0], pairs[1], texts.astype(np.int64))

    def matrix(self, labels: int) -> NDArray[np.int64]:
        """Truth (L, downwards) x given (L)."""
        matrix = np.zeros((labels, labels), dtype=np.int64)
        matrix[self.truth, self.given] = self.texts
        return matrix

    def to_dict(self, labels: Sequence[str]) -> dict[str, Any]:
        """As plain JSON values: a column each of truths, given ones and texts, the commonest pairs first."""
        order = np.lexsort((self.given, self.truth, -self.texts))
        kept = order[:MOST_PAIRS]
        columns = {"truth": self.truth, "given": self.given, "texts": self.texts}
        return {
            "labels": list(labels),
            **{name: column[kept].tolist() for name, column in columns.items()},
            "texts_left_out": int(self.texts[order[MOST_PAIRS:]].sum()),
        }


def pairs_of_matrix(confusion: Mapping[str, Any]) -> dict[str, Any]:
    """The values of `PairCounts.to_dict` from those of the first format, which had a matrix of L x L.

    Raises:
        ValueError: they are no square of counts.
    """
    labels, matrix = confusion.get("labels"), confusion.get("matrix")
    if not (isinstance(labels, list) and isinstance(matrix, list)):
        raise ValueError("labels and matrix are no lists")
    counts = np.array(matrix)  # of lists that differ in length it makes none, and says so
    if counts.shape != (len(labels), len(labels)) or counts.dtype.kind != "i":
        raise ValueError("the matrix is no square of counts")
    truth, given = counts.nonzero()
    return PairCounts(truth, given, counts[truth, given]).to_dict(labels)


def mistaken_pairs(confusion: Mapping[str, Any], most: int) -> list[tuple[str, str, int]]:
    """The commonest mistakes of `PairCounts.to_dict()`: the true label, the given one, and the texts."""
    labels = confusion["labels"]
    pairs = zip(confusion["truth"], confusion["given"], confusion["texts"], strict=True)
    mistakes = ((labels[truth], labels[given], texts) for truth, given, texts in pairs if truth != given)
    return [pair for pair, _ in zip(mistakes, range(most), strict=False)]


def matrix_of_pairs(confusion: Mapping[str, Any]) -> list[list[int]]:
    """The matrix (L x L, truth downwards) of `PairCounts.to_dict()`, for as few labels as a page can show."""
    columns = (np.array(confusion[name], dtype=np.int64) for name in ("truth", "given", "texts"))
    rows: list[list[int]] = PairCounts(*columns).matrix(len(confusion["labels"])).tolist()
    return rows
