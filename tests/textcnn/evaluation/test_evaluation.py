from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from textcnn.classifier import TextClassifier
from textcnn.errors import CorpusError
from textcnn.evaluation import evaluation
from textcnn.evaluation.evaluation import evaluate, evaluate_rows
from textcnn.reading.rows import Row

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = ["a good film", "bad", "你好", "", "weather report", "a warm week"]


def test_a_corpus_labelled_by_the_model_itself_is_all_right(model_dir: Path) -> None:
    classifier = TextClassifier.load(model_dir)
    truth = [(prediction.label or "",) for prediction in classifier.classify_batch(TEXTS)]
    result = evaluate(classifier, TEXTS, truth)
    assert (result.rows, result.accuracy, result.macro_f1) == (6, 1.0, 1.0)
    assert result.accuracy_interval[0] < 1
    assert np.trace(result.confusion.matrix(3)) == 6


def test_figures_do_not_depend_on_how_the_corpus_is_cut(
    model_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    classifier = TextClassifier.load(model_dir)
    truth = [("good",), ("bad",), ("其他",), ("bad",), ("good",), ("good",)]
    whole = evaluate(classifier, TEXTS, truth).to_dict()
    monkeypatch.setattr(evaluation, "CHUNK", 4)
    parts = evaluate(classifier, iter(TEXTS), iter(truth)).to_dict()
    # Sums of scores are floats: their last bit depends on the order.
    calibrations = [figures.pop("calibration") for figures in (whole, parts)]
    assert parts == whole
    assert calibrations[0]["ece"] == pytest.approx(calibrations[1]["ece"])
    assert calibrations[0]["ece_before"] == pytest.approx(calibrations[1]["ece_before"])


def test_the_figures_are_json_and_name_every_label(model_dir: Path) -> None:
    classifier = TextClassifier.load(model_dir)
    figures = evaluate(classifier, TEXTS[:2], [("good",), ("其他",)]).to_dict()
    assert json.loads(json.dumps(figures)) == figures
    assert list(figures["per_label"]) == ["good", "bad", "其他"]
    assert figures["per_label"]["bad"]["support"] == 0
    assert figures["confusion"]["labels"] == ["good", "bad", "其他"]
    assert sum(figures["confusion"]["texts"]) == 2
    assert sum(part["count"] for part in figures["calibration"]["bins"]) == 2
    assert figures["calibration"]["ece"] != figures["calibration"]["ece_before"]
    assert "micro_f1" not in figures
    assert "unknown" not in figures


def test_multi_label_accuracy_asks_for_all_labels_of_a_text(multi_label_model_dir: Path) -> None:
    classifier = TextClassifier.load(multi_label_model_dir)
    truth = [prediction.labels or () for prediction in classifier.classify_batch(TEXTS)]
    assert evaluate(classifier, TEXTS, truth).accuracy == 1
    wrong = tuple(label for label in classifier.labels if label not in truth[0])
    result = evaluate(classifier, TEXTS, [wrong, *truth[1:]])
    assert result.accuracy == pytest.approx(5 / 6)
    figures = result.to_dict()
    assert 0 < figures["micro_f1"] < 1
    assert "confusion" not in figures
    # Every score of every text counts for calibration.
    assert sum(part["count"] for part in figures["calibration"]["bins"]) == len(TEXTS) * 3


def test_unknown_changes_no_other_figure(model_dir: Path) -> None:
    truth = [("good",), ("bad",), ("其他",), ("bad",), ("good",), ("good",)]
    plain = evaluate(TextClassifier.load(model_dir), TEXTS, truth).to_dict()
    scores = sorted(p.score for p in TextClassifier.load(model_dir).classify_batch(TEXTS))
    below = TextClassifier.load(model_dir, unknown_below=scores[2])
    figures = evaluate(below, TEXTS, truth).to_dict()
    assert figures["unknown"] == pytest.approx(2 / 6)
    assert 0 <= figures["answered_accuracy"] <= 1
    assert {key: figures[key] for key in plain} == plain


def test_a_label_that_the_model_does_not_know_is_named_with_its_place(model_dir: Path) -> None:
    rows = [Row(line=7, text="x", labels=("goood",), file="reviews.csv")]
    with pytest.raises(CorpusError, match=r"reviews.csv:7: .*'goood'.*'good', 'bad', '其他'"):
        evaluate_rows(TextClassifier.load(model_dir), rows)


@pytest.mark.parametrize("labels", [(), ("good", "bad")])
def test_a_single_label_model_needs_one_label_a_row(model_dir: Path, labels: tuple[str, ...]) -> None:
    with pytest.raises(CorpusError, match="exactly one"):
        evaluate(TextClassifier.load(model_dir), ["x"], [labels])


def test_no_rows_are_an_error(model_dir: Path) -> None:
    with pytest.raises(CorpusError, match="no rows"):
        evaluate(TextClassifier.load(model_dir), [], [])
