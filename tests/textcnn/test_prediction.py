from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textcnn.classifier import TextClassifier
from textcnn.prediction import Prediction, probabilities

if TYPE_CHECKING:
    from pathlib import Path

logits = st.lists(st.floats(-1e4, 1e4, width=32), min_size=2, max_size=5)
TEXTS = ("a good film", "zzz qqq film", "", "你好 zzz", "a \ud800 film", "zzz")


@settings(deadline=None)  # the first call may compile
@given(row=logits, temperature=st.floats(0.05, 20))
def test_softmax_scores_are_a_distribution_in_the_order_of_the_logits(
    row: list[float], temperature: float
) -> None:
    scores = probabilities(np.array([row], np.float32), multi_label=False, temperature=temperature)[0]
    assert scores.sum() == pytest.approx(1)
    assert scores[int(np.argmax(row))] == scores.max()


@settings(deadline=None)  # the first call may compile
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


@pytest.fixture(params=["single-label", "multi-label"])
def classifier(
    request: pytest.FixtureRequest, model_dir: Path, multi_label_model_dir: Path
) -> TextClassifier:
    return TextClassifier.load(model_dir if request.param == "single-label" else multi_label_model_dir)


def test_the_same_text_has_the_same_details_alone_and_in_a_batch(classifier: TextClassifier) -> None:
    assert list(classifier.detail_batch(TEXTS)) == [classifier.detail(text) for text in TEXTS]


def test_details_hold_the_prediction_and_the_logits(classifier: TextClassifier) -> None:
    for text in TEXTS:
        detail = classifier.detail(text)
        assert detail.prediction == classifier.classify(text)
        assert detail.logits == classifier.score(classifier.tokenize([text])).tolist()[0]


def test_tokens_that_the_vocabulary_lacks_are_counted(classifier: TextClassifier) -> None:
    details = [classifier.detail(text) for text in TEXTS]
    assert [(each.tokens, each.unknown_tokens) for each in details[:4]] == [(3, 0), (3, 2), (0, 0), (3, 1)]
    assert [each.unknown_share for each in details[:3]] == [0, 2 / 3, 0]


def test_without_compiled_loops_the_details_are_the_same(
    model_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = TextClassifier.load(model_dir).detail("zzz good film")
    monkeypatch.setenv("TEXTCNN_NO_JIT", "1")
    interpreted = TextClassifier.load(model_dir).detail("zzz good film")
    assert interpreted.logits == pytest.approx(compiled.logits, abs=1e-5)
    assert interpreted[2:] == compiled[2:]
