from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textcnn.classifier import TextClassifier
from textcnn.errors import ConfigError, ModelNotFoundError, TextError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def classifier(model_dir: Path) -> TextClassifier:
    return TextClassifier.load(model_dir)


@pytest.fixture(scope="module", params=["of words", "of likeliest pieces"])
def any_classifier(request: pytest.FixtureRequest, model_dir: Path) -> TextClassifier:
    return TextClassifier.load(model_dir if request.param == "of words" else "sentiment-zh")


TEXTS = st.one_of(
    st.text(alphabet=st.characters(), max_size=60), st.text(alphabet="很好看的电影，不错！ok1", max_size=20)
)


@settings(deadline=None, max_examples=100)
@given(texts=st.lists(TEXTS, min_size=1, max_size=5))
def test_any_text_has_the_same_prediction_alone_and_in_any_batch(
    any_classifier: TextClassifier, texts: list[str]
) -> None:
    together = any_classifier.classify_batch([*texts, "a good film", ""])
    for text, prediction in zip(texts, together, strict=False):
        assert any_classifier.classify(text) == prediction
        assert sum(prediction.scores.values()) == pytest.approx(1, abs=1e-9)
        assert prediction.score == max(prediction.scores.values())


def test_no_texts_give_no_predictions(classifier: TextClassifier) -> None:
    assert classifier.classify_batch([]) == []


def test_below_the_chosen_confidence_there_is_no_label(model_dir: Path) -> None:
    sure = TextClassifier.load(model_dir).classify("a good film")
    unsure = TextClassifier.load(model_dir, unknown_below=0.999).classify("a good film")
    assert not sure.unknown
    assert unsure.unknown
    assert unsure.label is None
    assert unsure.scores == sure.scores
    with pytest.raises(ConfigError, match="unknown_below"):
        TextClassifier.load(model_dir, unknown_below=2)


def test_a_multi_label_model_gives_the_labels_that_reach_their_threshold(multi_label_model_dir: Path) -> None:
    prediction = TextClassifier.load(multi_label_model_dir).classify("a good film")
    assert prediction.labels is not None
    assert set(prediction.labels) == {label for label, score in prediction.scores.items() if score >= 0.5}
    assert prediction.label == max(prediction.scores, key=prediction.scores.__getitem__)


@pytest.mark.parametrize("wrong", ["one string", [b"bytes"], [None], [3]])
def test_what_is_no_list_of_strings_is_refused(classifier: TextClassifier, wrong: list[str]) -> None:
    with pytest.raises(TextError, match="expected"):
        classifier.classify_batch(wrong)


def test_an_iterator_of_texts_is_not_used_up(classifier: TextClassifier) -> None:
    texts = ["a good film", "a bad film"]
    assert classifier.classify_batch(iter(texts)) == classifier.classify_batch(texts)  # type: ignore[arg-type]  # as a user may


def test_an_unknown_model_is_told_with_the_names_there_are() -> None:
    with pytest.raises(ModelNotFoundError, match="bundled"):
        TextClassifier.load("no-such-model")


def test_classifying_imports_neither_pytorch_nor_a_web_framework(model_dir: Path) -> None:
    program = (
        "import sys; from textcnn import TextClassifier;"
        f"TextClassifier.load({str(model_dir)!r}).classify('a good film');"
        "print([name for name in ('torch', 'fastapi', 'datasets', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
