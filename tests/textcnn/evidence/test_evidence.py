"""Explanations of any text: they add up, and stand where they say in the text as given."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from textcnn.classifier import TextClassifier
from textcnn.errors import TextError
from textcnn.tokens.tokenizer import Tokenizer

if TYPE_CHECKING:
    from pathlib import Path

TRICKY = (
    "",
    " \t ",
    "go\x00od and \u200bbad",
    "İSTANBUL'da kötü bir film",  # lower-casing makes two code points of the first
    "天气预报 good 不好！",
    "a \ud83d half and a whole \ud83d\ude00 one, bad",
    "[PAD] [UNK] [CLS]",
    "e\u0301te\u0301 bad",
    "שלום bad 🎬🎬",
)


@pytest.fixture(scope="module")
def classifier(model_dir: Path) -> TextClassifier:
    return TextClassifier.load(model_dir)


def tricky(test: Any) -> Any:  # noqa: ANN401  # a decorator of hypothesis's tests
    for text in TRICKY:
        test = example(text=text)(test)
    return test


@settings(deadline=None, max_examples=100)
@tricky
@given(text=st.text(st.characters(), max_size=60))
def test_contributions_and_bias_sum_to_the_logit_and_stand_in_the_text(
    text: str, classifier: TextClassifier
) -> None:
    explanation = classifier.explain(text)
    assert explanation.prediction == classifier.classify(text)
    for label, logit in explanation.logits.items():
        items = explanation.evidence[label]
        total = explanation.bias[label] + sum(item.contribution for item in items)
        assert abs(total - logit) <= 1e-4 * max(1, abs(logit))
        for item in items:
            assert text[item.start : item.end] == item.text
            assert item.text.strip()
        values = [item.contribution for item in items]
        assert values == sorted(value for value in values if value > 0)[::-1] + sorted(
            value for value in values if value < 0
        )


@settings(deadline=None, max_examples=60)
@tricky
@given(text=st.text(st.characters(), max_size=40))
def test_the_summary_is_short_exact_and_json(text: str, classifier: TextClassifier) -> None:
    explanation = classifier.explain(text)
    summary = explanation.summary(2)
    assert len(summary["items"]) <= 2
    total = summary["bias"] + sum(item["contribution"] for item in summary["items"]) + summary["rest"]
    assert total == pytest.approx(summary["logit"], abs=1e-4 * max(1, abs(summary["logit"])))
    for values in (summary, explanation.to_dict()):
        json.dumps(values, ensure_ascii=False).encode()


@pytest.mark.parametrize("kind", ["word", "wordpiece"])
@pytest.mark.parametrize("text", TRICKY)
def test_tokens_have_the_ids_of_the_compiled_tokenizer_and_stand_in_order(kind: Any, text: str) -> None:  # noqa: ANN401
    tokenizer = Tokenizer.train(["a good film", "a bad film, 不好", "kötü bir i̇stanbul"] * 3, kind=kind)
    ids, spans = tokenizer.spans(text)
    assert ids.tolist() == tokenizer.encode(text).tolist()
    assert spans.shape == (len(ids), 2)
    assert all(0 <= start < end <= len(text) for start, end in spans.tolist())


def test_offsets_count_code_points_of_the_text_as_given(classifier: TextClassifier) -> None:
    for text, word in ((TRICKY[2], "bad"), (TRICKY[4], "good"), (TRICKY[5], "bad"), (TRICKY[7], "bad")):
        _, spans = classifier.tokenizer.spans(text)
        words = [text[start:end] for start, end in spans.tolist()]
        assert word in [each.strip("\u200b") for each in words]
    _, spans = classifier.tokenizer.spans("x \ud83d\ude00 bad")
    assert spans.tolist() == [[0, 1], [2, 4], [5, 8]]


def test_what_decides_does_not_overlap(classifier: TextClassifier) -> None:
    explanation = classifier.explain("a good and warm film, weather report for the week, a bad film")
    chosen = explanation.deciding(3)
    assert chosen
    assert chosen[0] == explanation.supporting(explanation.best)[0]
    places = sorted((item.start, item.end) for item in chosen)
    assert all(end <= start for (_, end), (start, _) in pairwise(places))


def test_a_label_that_is_not_named_is_explained_all_the_same(model_dir: Path) -> None:
    explanation = TextClassifier.load(model_dir, unknown_below=0.99).explain("a good film")
    assert explanation.label is None
    assert explanation.summary()["label"] == explanation.best


def test_something_else_than_a_string_is_refused(classifier: TextClassifier) -> None:
    with pytest.raises(TextError):
        classifier.explain(3)  # type: ignore[arg-type]  # the point
