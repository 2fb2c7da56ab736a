from __future__ import annotations

from textcnn.prediction import Prediction
from textcnn.service.labelling.narrowing import Narrowing

ONE = Prediction("b", 0.6, {"a": 0.1, "b": 0.6, "c": 0.3})
SEVERAL = Prediction("b", 0.6, {"a": 0.1, "b": 0.6, "c": 0.3}, labels=("b",))


def test_the_best_labels_are_kept_best_first() -> None:
    assert list(Narrowing(top_k=2).of(ONE).scores.items()) == [("b", 0.6), ("c", 0.3)]
    assert Narrowing(top_k=9).of(ONE).scores == ONE.scores


def test_a_threshold_keeps_the_labels_that_reach_it() -> None:
    assert Narrowing(threshold=0.3).of(ONE).scores == {"b": 0.6, "c": 0.3}
    assert Narrowing(threshold=0.3).of(ONE).label == "b"


def test_a_best_score_below_the_threshold_is_no_label() -> None:
    narrowed = Narrowing(threshold=0.7).of(ONE)
    assert (narrowed.label, narrowed.unknown, narrowed.score, narrowed.scores) == (None, True, 0.6, {})


def test_a_threshold_stands_in_place_of_those_of_a_multi_label_model() -> None:
    narrowed = Narrowing(threshold=0.3).of(SEVERAL)
    assert (narrowed.labels, narrowed.label, narrowed.unknown) == (("b", "c"), "b", False)
    assert Narrowing(threshold=0.9).of(SEVERAL).labels == ()
    assert Narrowing(top_k=1, threshold=0.1).of(SEVERAL).labels == ("b",)
