from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from textcnn.classifier import TextClassifier
from textcnn.confusion import PairCounts
from textcnn.evaluation.evaluation import evaluate
from textcnn.training.reports.report import write_report

if TYPE_CHECKING:
    from pathlib import Path

HISTORY = [
    {"epoch": 1, "loss": 0.9, "validation_loss": 0.8, "validation_score": 0.6, "seconds": 1.5},
    {"epoch": 2, "loss": 0.5, "validation_loss": 0.7, "validation_score": 0.7, "seconds": 1.4},
]
TRAINING: dict[str, Any] = {
    "recipe": {"seed": 0, "widths": [3, 4, 5], "class_weights": {"<i>": 2.0}},
    "corpus": {"rows": 6, "labels": {"<script>": 3, "其他": 3}, "dropped": None},
    "history": HISTORY,
    "best_epoch": 2,
    "device": "cpu",
}


@pytest.fixture
def evaluation(model_dir: Path) -> dict[str, Any]:
    truth = [("good",), ("bad",), ("其他",)]
    return evaluate(TextClassifier.load(model_dir), ["a good film", "bad", ""], truth).to_dict()


def report(path: Path, evaluation: dict[str, Any] | None) -> str:
    write_report(path / "report.html", history=HISTORY, evaluation=evaluation, training=TRAINING)
    return (path / "report.html").read_text(encoding="utf-8")


def test_the_page_stands_alone(tmp_path: Path, evaluation: dict[str, Any]) -> None:
    page = report(tmp_path, evaluation)
    for section in (
        "Test figures",
        "Learning curves",
        "Labels",
        "Confusions",
        "Reliability",
        "Corpus",
        "Recipe",
    ):
        assert f"<h2>{section}</h2>" in page
    assert page.count("<svg") == 2
    assert "<script" not in page
    addresses = set(re.findall(r"https?://[^\"]*", page))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    ids = re.findall(r' id="([^"]*)"', page)
    assert len(ids) == len(set(ids))


def test_labels_are_shown_and_never_markup(tmp_path: Path, evaluation: dict[str, Any]) -> None:
    name = "<img src=x onerror=alert(1)>"
    evaluation["per_label"][name] = evaluation["per_label"].pop("bad")
    evaluation["confusion"]["labels"][1] = name
    page = report(tmp_path, evaluation)
    assert "<img" not in page
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") >= 3
    assert "&lt;script&gt;: 3" in page
    assert "其他" in page


def test_without_a_test_part_the_page_says_so(tmp_path: Path) -> None:
    page = report(tmp_path, None)
    assert "no test part" in page
    assert page.count("<svg") == 1


def test_the_same_training_gives_the_same_page(tmp_path: Path, evaluation: dict[str, Any]) -> None:
    assert report(tmp_path, evaluation) == report(tmp_path, evaluation)


def test_many_labels_leave_the_matrix_out(tmp_path: Path, evaluation: dict[str, Any]) -> None:
    labels = [f"label {index}" for index in range(40)]
    truth = np.array([*range(40)] * 5 + [3, 3])
    given = np.array([*range(40)] * 5 + [7, 7])
    evaluation["confusion"] = PairCounts.of_classes(truth, given, 40).to_dict(labels)
    page = report(tmp_path, evaluation)
    assert 'class="matrix"' not in page
    assert '<td>2</td><td class="word">label 3</td><td class="word">label 7</td>' in page


def test_a_multi_label_model_has_a_report(tmp_path: Path, multi_label_model_dir: Path) -> None:
    classifier = TextClassifier.load(multi_label_model_dir)
    page = report(tmp_path, evaluate(classifier, ["bad", ""], [("bad", "其他"), ()]).to_dict())
    assert "micro-F1" in page
    assert "Confusions" not in page
