from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from textcnn.prediction import Prediction
from textcnn.service.dialects.open_inference.output_tensors import Outputs
from textcnn.service.dialects.ranking import best_first, scores_of
from textcnn.service.labelling.labelled import Outcome
from textcnn.service.loaded.registry import load_model

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.classifier import TextClassifier


def test_equal_scores_are_ordered_by_name_so_that_answers_do_not_differ() -> None:
    assert best_first({"b": 0.5, "a": 0.5, "c": 0.7}) == [("c", 0.7), ("a", 0.5), ("b", 0.5)]
    assert best_first({"b": 0.5, "a": 0.5}, 1) == [("a", 0.5)]


@pytest.mark.parametrize("text", ["", "a good film", "好 " * 500])
def test_the_models_own_function_gives_its_own_scores_to_the_bit(
    model_dir: Path, multi_label_model_dir: Path, text: str
) -> None:
    for directory, own in ((model_dir, "softmax"), (multi_label_model_dir, "sigmoid")):
        model = load_model(str(directory))
        detail = model.classifier.detail(text)
        outcome = Outcome(model, detail.prediction, detail)
        assert scores_of(outcome, None) == scores_of(outcome, own) == model.classifier.classify(text).scores  # type: ignore[arg-type]  # one of three
        assert list(scores_of(outcome, "none").values()) == detail.logits
        assert sum(scores_of(outcome, "softmax").values()) == pytest.approx(1, abs=1e-6)


def test_no_label_is_an_empty_string_since_bytes_have_no_null(tiny: TextClassifier) -> None:
    unsure = Prediction(None, 0.4, {"good": 0.4, "bad": 0.35, "其他": 0.25}, unknown=True)
    label = Outputs(tiny.config, None).tensors([unsure])[0]
    assert (label.shape, label.data) == ([1], [""])


def test_every_label_of_a_multi_label_model_says_whether_it_applies(multi: TextClassifier) -> None:
    none = Prediction("good", 0.4, {"good": 0.4, "bad": 0.35, "其他": 0.25}, ())
    some = Prediction("bad", 0.9, {"good": 0.4, "bad": 0.9, "其他": 0.8}, ("bad", "其他"))
    applies = Outputs(multi.config, None).tensors([none, some])[-1]
    assert (applies.name, applies.datatype, applies.shape) == ("applies", "BOOL", [2, 3])
    assert applies.data == [False, False, False, False, True, True]
