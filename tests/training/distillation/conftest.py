"""A teacher that knows the words of the corpus, and what teachers' tests write."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np

from tests.training.conftest import GOOD

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

LABELS = ("negative", "positive")


class Knowing:
    """A teacher that knows the words; it counts what it is asked."""

    name, identity, slow = "knowing", "1", True
    seen = frozenset[str]()

    def __init__(self) -> None:
        self.asked = 0

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        self.asked += len(texts)
        positive = np.array([0.95 if set(GOOD) & set(text.split()) else 0.05 for text in texts])
        return np.stack([1 - positive, positive], axis=1)


def write_csv(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path
