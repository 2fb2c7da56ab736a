"""A model stands beside answers that it has to beat, and says loudly where it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from textcnn.classifier import TextClassifier
from textcnn.training.baselines import comparison
from textcnn.training.baselines.comparison import (
    best_constant,
    compare_with_baselines,
    loss_of_ignorance,
    warnings_of,
)
from textcnn.training.baselines.given_labels import GivenLabels
from textcnn.training.baselines.linear import LinearModelError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textcnn.directory import ModelDirectory
    from textcnn.training.data.corpus import Corpus


def baselines(model: float, constant: float, linear: float, *, error: float = 0.01) -> dict[str, Any]:
    return {
        "measure": "accuracy",
        "rows": 500,
        "model": model,
        "constant": {
            "labels": ["a"],
            "value": constant,
            "difference": model - constant,
            "standard_error": error,
        },
        "linear": {"value": linear, "difference": model - linear, "standard_error": error},
    }


FALLING = [{"loss": 0.9}, {"loss": 0.3}]


@pytest.mark.parametrize(
    ("figures", "history", "words"),
    [
        (baselines(0.9, 0.4, 0.89), FALLING, []),
        (baselines(0.9, 0.4, 0.91), FALLING, []),
        (baselines(0.9, 0.4, 0.93), FALLING, ["a linear model is better: accuracy 0.930 against 0.900"]),
        (baselines(0.41, 0.4, 0.41), FALLING, ["not surely better than giving every text the commonest"]),
        (baselines(0.3, 0.4, 0.8), FALLING, ["commonest answer", "linear model"]),
        (baselines(0.9, 0.4, 0.9), [{"loss": 1.10}, {"loss": 1.08}], ["hardly fell: from 1.100 to 1.080"]),
        (baselines(0.9, 0.4, 0.9), [{"loss": 0.10}, {"loss": 0.099}], []),
        (baselines(0.9, 0.4, 0.9), [{"loss": 1.10}], []),
        ({}, FALLING, []),
    ],
)
def test_what_must_not_be_overlooked_is_said(
    figures: dict[str, Any], history: list[dict[str, float]], words: list[str]
) -> None:
    sentences = warnings_of(figures, history, 1.0986)
    assert len(sentences) == len(words)
    for sentence, part in zip(sentences, words, strict=True):
        assert part in sentence
        assert "--" not in sentence  # jobs show it too, where there is no command line


def test_the_best_constant_answer_has_the_best_micro_f1() -> None:
    rows = [[0], [0, 1], [0, 1], [1], [2], [0]]
    assert best_constant([[1], [0], [1]], 2, multi_label=False) == [1]
    truth = GivenLabels.of_lists(rows)
    best = GivenLabels.of_lists([best_constant(rows, 3, multi_label=True)] * 6).marks(truth, 6).micro_f1
    for answer in ([], [0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]):
        assert GivenLabels.of_lists([answer] * 6).marks(truth, 6).micro_f1 <= best


def test_ignorance_costs_the_entropy_of_the_labels() -> None:
    assert loss_of_ignorance([[0], [1]], 2, multi_label=False) == pytest.approx(np.log(2))
    assert loss_of_ignorance([[0, 1], []], 2, multi_label=True) == pytest.approx(np.log(2))


def test_the_linear_model_learns_from_the_same_rows_and_never_from_test_rows(
    model: ModelDirectory, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught: list[str] = []

    def answers(
        texts: Sequence[str], labels: object, asked: Sequence[str], *, multi_label: bool
    ) -> GivenLabels:
        taught.extend(texts)
        assert sorted(asked) == sorted(corpus.test[:]["text"])
        return GivenLabels.of_lists([[0]] * len(asked))

    monkeypatch.setattr(comparison, "linear_answers", answers)
    classifier = TextClassifier.load(model.path)
    figures = compare_with_baselines(classifier, corpus, with_validation=True, linear=True)
    assert sorted(taught) == sorted([*corpus.train[:]["text"], *corpus.validation[:]["text"]])
    assert figures["model"] == pytest.approx(model.metrics()["accuracy"], abs=1e-4)
    taught.clear()
    monkeypatch.setattr(comparison, "MOST_ROWS", 30)
    monkeypatch.setattr(comparison, "linear_answers", lambda texts, *_, **__: pytest.fail(str(len(texts))))
    with pytest.raises(pytest.fail.Exception, match="30"):
        compare_with_baselines(classifier, corpus, with_validation=False, linear=True)


def test_a_linear_model_that_does_not_come_about_is_told(
    model: ModelDirectory, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> GivenLabels:
        raise LinearModelError("it took longer than 20 seconds, and was ended")

    monkeypatch.setattr(comparison, "linear_answers", fail)
    figures = compare_with_baselines(
        TextClassifier.load(model.path), corpus, with_validation=True, linear=True
    )
    assert "longer than 20 seconds" in figures["linear"]["failure"]
    assert not [each for each in warnings_of(figures, [], 1.0) if "linear" in each]
