from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textcnn.prediction import Prediction, probabilities

logits = st.lists(st.floats(-1e4, 1e4, width=32), min_size=2, max_size=5)


@given(row=logits, temperature=st.floats(0.05, 20))
def test_softmax_scores_are_a_distribution_in_the_order_of_the_logits(
    row: list[float], temperature: float
) -> None:
    scores = probabilities(np.array([row], np.float32), multi_label=False, temperature=temperature)[0]
    assert scores.sum() == pytest.approx(1)
    assert scores[int(np.argmax(row))] == scores.max()


@given(row=logits)
def test_sigmoid_scores_are_independent_and_never_overflow(row: list[float]) -> None:
    scores = probabilities(np.array([row], np.float32), multi_label=True, temperature=1)[0]
    assert ((scores >= 0) & (scores <= 1)).all()
    first = probabilities(np.array([row[:1]], np.float32), multi_label=True, temperature=1)[0]
    assert scores[0] == first[0]


def test_json_has_labels_and_unknown_only_where_they_say_something() -> None:
    assert Prediction("a", 0.5, {"a": 0.5}).to_dict() == {"label": "a", "score": 0.5, "scores": {"a": 0.5}}
    assert Prediction(None, 0.5, {"a": 0.5}, unknown=True).to_dict()["unknown"] is True
    assert Prediction("a", 0.2, {"a": 0.2}, labels=()).to_dict()["labels"] == []
