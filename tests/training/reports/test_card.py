from __future__ import annotations

import ast
import json
import re
import shlex
from typing import TYPE_CHECKING, Any

from textcnn.classifier import TextClassifier
from textcnn.evaluation.evaluation import evaluate
from textcnn.training.reports.card import model_card
from textcnn.training.reports.markdown import escape_markdown

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

TRAINING: dict[str, Any] = {
    "recipe": {"seed": 3},
    "seed": 3,
    "device": "cpu",
    "seconds": 12.5,
    "corpus": {"rows": 3000, "labels": {"good": 1000, "bad": 1500, "其他": 500}, "fingerprint": "abc123"},
}


def card(path: Path, *, name: str = "tiny", tested: bool = True, **options: Any) -> str:  # noqa: ANN401  # handed on
    classifier = TextClassifier.load(path)
    truth = [("good",), ("bad",), ("其他",)]
    figures = evaluate(classifier, ["a good film", "bad", ""], truth).to_dict() if tested else None
    return model_card(classifier.config, figures, TRAINING, name=name, **options)


def front_matter(text: str) -> dict[str, Any]:
    """The metadata; every value is JSON, which is YAML too."""
    _, head, _ = text.split("---\n", 2)
    pairs = (line.split(": ", 1) for line in head.splitlines())
    return {key: json.loads(value) for key, value in pairs}


def test_the_metadata_carry_the_real_figures(model_dir: Path) -> None:
    text = card(model_dir, licence="apache-2.0", languages=("en", "zh"))
    metadata = front_matter(text)
    assert metadata["pipeline_tag"] == "text-classification"
    assert metadata["library_name"] == "textcnn"
    assert (metadata["license"], metadata["language"]) == ("apache-2.0", ["en", "zh"])
    truth = [("good",), ("bad",), ("其他",)]
    result = evaluate(TextClassifier.load(model_dir), ["a good film", "bad", ""], truth)
    metrics = metadata["model-index"][0]["results"][0]["metrics"]
    assert {entry["name"]: entry["value"] for entry in metrics} == {
        "Accuracy": round(result.accuracy, 4),
        "Macro F1": round(result.macro_f1, 4),
    }


def test_the_source_of_the_first_vectors_and_its_licence_are_named(
    model_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "began as" not in card(model_dir)
    monkeypatch.setitem(TRAINING, "start", {"name": "base-en", "coverage": 0.987})
    assert "base-en, made of the word embeddings of all-MiniLM-L6-v2 (Apache License 2.0): 98.7 %" in card(
        model_dir
    )
    monkeypatch.setitem(TRAINING, "start", {"name": "base-zh", "coverage": 0.9})
    assert "base-zh, made of the word embeddings of multilingual-e5-small (MIT): 90.0 %" in card(model_dir)
    monkeypatch.setitem(TRAINING, "start", {"name": "my vectors.txt", "coverage": 0.5})
    assert "began as those of my vectors.txt: 50.0 % of the training text" in card(model_dir)


def test_a_model_to_go_on_from_may_have_seen_the_test_rows(
    model_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "neither training nor selection saw" in card(model_dir)
    monkeypatch.setitem(TRAINING, "start", {"name": "old", "is_model": True, "coverage": 0.9})
    assert "the model that it went on from may have" in card(model_dir)


def test_a_teacher_is_named_and_may_know_more_than_is_told(
    model_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"teacher": "my_teacher", "labelled": 1000, "unlabelled": 20_000}
    monkeypatch.setitem(TRAINING, "distillation", told)
    text = card(model_dir)
    assert r"a teacher, my\_teacher, on 1,000 labelled and 20,000 unlabelled texts" in text
    assert "not told here" in text


def test_what_was_not_said_is_not_claimed(model_dir: Path) -> None:
    text = card(model_dir, tested=False)
    assert not {"license", "language", "metrics", "model-index"} & set(front_matter(text))
    assert "was not said" in text
    assert "no test part" in text
    assert "Tweets, CC BY 4.0." in card(model_dir, source="Tweets, CC BY 4.0.")


def test_labels_counts_and_limits_are_told(model_dir: Path, multi_label_model_dir: Path) -> None:
    text = card(model_dir)
    assert "| 其他 | 500 |" in text
    assert "- fingerprint: abc123" in text
    assert "unknown_below" in text
    assert "Labels with under 30 test rows, whose figures are rough: good, bad, 其他." in text
    assert "| 其他 | 500 | 0.500 |" in card(multi_label_model_dir)


def test_the_usage_works_for_any_name(model_dir: Path) -> None:
    name = 'it\'s "mine" $(x)'
    text = card(model_dir, name=name)
    python, shell, curl = re.findall(r"```(?:python|sh)\n(.*?)```", text, re.DOTALL)
    assert name in {node.value for node in ast.walk(ast.parse(python)) if isinstance(node, ast.Constant)}
    assert shlex.split(shell)[2] == name
    assert json.loads(shlex.split(curl)[-1])["model"] == name


def test_a_label_has_no_meaning_for_markdown() -> None:
    assert escape_markdown("<b>|*x*\n# [a](b)") == r"\<b\>\|\*x\* \# \[a\](b)"
