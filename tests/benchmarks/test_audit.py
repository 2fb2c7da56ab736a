from __future__ import annotations

import numpy as np
import pytest

from benchmarks.audit import flip, precision_at
from textcnn.reading.rows import Row


def test_one_label_in_twenty_is_flipped_and_known() -> None:
    rows = [Row(line, f"text {line}", ("a" if line % 2 else "b",), "f") for line in range(100)]
    spoilt, wrong = flip(rows, 1)
    assert len(wrong) == 5
    assert wrong == [index for index in range(100) if rows[index].labels != spoilt[index].labels]


def test_precision_is_that_of_the_rows_that_must_be_read() -> None:
    quality = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    assert precision_at(quality, [0, 1], 0.5) == 1
    assert precision_at(quality, [1, 3], 1.0) == pytest.approx(2 / 4)
    assert precision_at(quality, [5], 0.6) == pytest.approx(1 / 6)
