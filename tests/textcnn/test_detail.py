"""What lies behind a prediction is the same, whichever way it was computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from textcnn.classifier import TextClassifier

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = ("a good film", "zzz qqq film", "", "你好 zzz", "a \ud800 film", "zzz")


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
