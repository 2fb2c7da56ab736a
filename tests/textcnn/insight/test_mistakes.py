"""The mistakes of a model are found, counted and explained."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from typer.testing import CliRunner

from textcnn import cli
from textcnn.classifier import TextClassifier
from textcnn.errors import CorpusError
from textcnn.evaluation.evaluation import evaluate_rows
from textcnn.insight.mistakes import find_mistakes
from textcnn.reading.rows import Row

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = ["a good film", "bad, bad", "weather report", "你好 世界", "", "a warm week for a film", "film"] * 3
LABELS = ["good", "bad", "其他"]


@pytest.fixture(scope="module")
def classifier(model_dir: Path) -> TextClassifier:
    return TextClassifier.load(model_dir)


@pytest.fixture(scope="module")
def labelled() -> list[Row]:
    return [Row(number + 2, text, (LABELS[number % 3],), "x.csv") for number, text in enumerate(TEXTS)]


def test_confusions_are_those_of_the_evaluation(classifier: TextClassifier, labelled: list[Row]) -> None:
    found = find_mistakes(classifier, labelled, worst=2)
    evaluation = evaluate_rows(classifier, labelled)
    assert (found.rows, found.rows - found.wrong) == (evaluation.rows, evaluation.correct)
    matrix = evaluation.confusion.matrix(len(LABELS))
    np.fill_diagonal(matrix, 0)
    counts = {
        (LABELS[true], LABELS[given]): int(matrix[true, given])
        for true, given in np.argwhere(matrix).tolist()
    }
    assert {(each.truth, each.given): each.count for each in found.confusions} == counts
    assert [each.count for each in found.confusions] == sorted(counts.values(), reverse=True)


def test_the_worst_come_first_and_their_tokens_sum_to_the_difference(
    classifier: TextClassifier, labelled: list[Row]
) -> None:
    for confusion in find_mistakes(classifier, labelled, worst=3).confusions:
        assert len(confusion.worst) == min(3, confusion.count)
        falls = [each.how_wrong for each in confusion.worst]
        assert falls == sorted(falls, reverse=True)
        for each in confusion.worst:
            assert confusion.truth
            assert confusion.given
            explanation = classifier.explain(each.row.text)
            scores = explanation.prediction.scores
            assert each.how_wrong == pytest.approx(scores[confusion.given] - scores[confusion.truth])
            logits, bias = explanation.logits, explanation.bias
            pulled = logits[confusion.given] - bias[confusion.given]
            pulled -= logits[confusion.truth] - bias[confusion.truth]
            assert each.token_map.scores.sum() == pytest.approx(pulled, abs=1e-4)


def test_a_multi_label_model_misses_labels_and_gives_wrong_ones(multi_label_model_dir: Path) -> None:
    classifier = TextClassifier.load(multi_label_model_dir)
    texts = [(number, text) for number, text in enumerate(TEXTS, start=1)]
    right = [(number, text, classifier.classify(text).labels or ()) for number, text in texts]
    assert find_mistakes(classifier, [Row(*each, "x") for each in right]).wrong == 0
    turned = [
        Row(number, text, tuple(label for label in LABELS if label not in labels), "x")
        for number, text, labels in right
    ]
    found = find_mistakes(classifier, turned)
    assert found.wrong == len(turned)
    assert sum(each.count for each in found.confusions) == 3 * len(turned)
    assert all((each.truth is None) != (each.given is None) for each in found.confusions)


def test_nothing_to_look_in_is_an_error(classifier: TextClassifier) -> None:
    with pytest.raises(CorpusError, match="no rows"):
        find_mistakes(classifier, [])


def test_the_verb_shows_what_json_holds(model_dir: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.csv"
    corpus.write_text(
        "text,label\na good film,bad\n你好 世界,good\nbad,其他\na warm week,good\n", encoding="utf-8"
    )

    def output(*options: str) -> str:
        result = CliRunner().invoke(cli.build_app(), ["errors", str(model_dir), str(corpus), *options])
        if result.exception:
            raise result.exception
        return result.stdout

    values = json.loads(output("--json"))
    shown = output()
    assert f"{values['wrong']} of {values['rows']} texts are wrong." in shown
    assert values["confusions"]
    for each in values["confusions"]:
        assert f"{each['truth']}, taken for {each['given']}: {each['count']}" in shown
        for mistake in each["worst"]:
            for item in mistake["misleading"]:
                assert mistake["text"][item["start"] : item["end"]] == item["text"]
