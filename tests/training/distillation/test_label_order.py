from __future__ import annotations

from textcnn.training.distillation.label_order import label_order


def test_labels_match_whatever_their_case_unless_that_tells_them_apart() -> None:
    assert label_order(["NEGATIVE", "POSITIVE"], ["negative", "positive"], {}) == [0, 1]
    assert label_order(["a", "A"], ["A", "a"], {}) == [1, 0]
