from __future__ import annotations

import numpy as np
import pytest

from benchmarks.faithfulness import STEPS, area, deletions


def test_the_highest_scores_go_first_a_tenth_at_a_time() -> None:
    ids = np.arange(10, dtype=np.int32)
    scores = np.array([5, 1, 9, 0, 0, 0, 0, -1, -2, 7.0])
    left = [each.tolist() for each in deletions(ids, scores)]
    assert len(left) == 1 + len(STEPS)
    assert left[0] == ids.tolist()
    assert left[1] == [0, 1, 3, 4, 5, 6, 7, 8, 9]
    assert left[2] == [0, 1, 3, 4, 5, 6, 7, 8]
    assert left[3] == [1, 3, 4, 5, 6, 7, 8]
    assert [len(each) for each in deletions(ids[:1], scores[:1])] == [1, 0, 0, 0, 0, 0]


def test_the_area_is_the_mean_fall() -> None:
    curve = np.array([[0.9, 0.8, 0.7, 0.6, 0.5, 0.4], [0.5] * 6])
    assert area(curve).tolist() == pytest.approx([0.3, 0.0])
