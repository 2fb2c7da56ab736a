"""Scores for tokens: by the engine, and by methods that others add."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING

import numpy as np
import pytest

from textcnn.catalogue import find_model
from textcnn.classifier import TextClassifier
from textcnn.errors import ConfigError, MissingExtraError
from textcnn.insight import token_maps
from textcnn.insight.token_maps import TokenMap, find_method, map_tokens, occlude
from textcnn.pages.token_map import strengths, strongest, to_html, to_terminal

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "a <good> and warm film, 你好 bad"


@pytest.fixture(scope="module")
def classifier(model_dir: Path) -> TextClassifier:
    return TextClassifier.load(model_dir)


def logit(classifier: TextClassifier, ids: list[int], label: int) -> float:
    from textcnn.tokens.token_batch import TokenBatch

    return float(classifier.score(TokenBatch.of([ids]))[0, label])


def test_occlusion_tells_how_much_the_logit_falls_without_a_token(classifier: TextClassifier) -> None:
    ids = classifier.tokenizer.encode(TEXT)
    scores = occlude(classifier, ids, 1)
    for place in range(len(ids)):
        fall = logit(classifier, ids.tolist(), 1) - logit(classifier, np.delete(ids, place).tolist(), 1)
        assert scores[place] == pytest.approx(fall, abs=1e-6)


@pytest.mark.parametrize("width", [2, 3, 50])
def test_occluded_n_grams_share_their_fall_among_their_tokens(classifier: TextClassifier, width: int) -> None:
    ids = classifier.tokenizer.encode(TEXT).tolist()
    used = min(width, len(ids))
    falls = [
        (logit(classifier, ids, 0) - logit(classifier, ids[:first] + ids[first + used :], 0)) / used
        for first in range(len(ids) - used + 1)
    ]
    expected = [
        np.mean([fall for first, fall in enumerate(falls) if first <= place < first + used])
        for place in range(len(ids))
    ]
    np.testing.assert_allclose(
        occlude(classifier, np.array(ids, np.int32), 0, width=width), expected, atol=1e-6
    )


def test_a_width_below_1_and_an_unknown_method_are_refused(
    classifier: TextClassifier, model_dir: Path
) -> None:
    with pytest.raises(ConfigError, match="width"):
        occlude(classifier, np.array([2], dtype=np.int32), 0, width=0)
    with pytest.raises(ConfigError, match="evidence, occlusion"):
        find_method("wrong", classifier, find_model(model_dir))


def test_a_method_whose_library_is_missing_names_the_extra(
    classifier: TextClassifier, model_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = EntryPoint("broken", "no_such_module_at_all:method", token_maps.GROUP)
    monkeypatch.setattr(token_maps, "_plugins", lambda: {"broken": entry})
    with pytest.raises(MissingExtraError, match="'train'"):
        find_method("broken", classifier, find_model(model_dir))


@pytest.mark.parametrize("text", ["", TEXT, "line\none\ttwo", "\ud83d bad \ud83d\ude00"])
def test_a_drawing_shows_the_whole_text_and_steers_nothing(classifier: TextClassifier, text: str) -> None:
    run = find_method("evidence", classifier, find_model("spam"))
    drawn = map_tokens(classifier, "evidence", run, text, "good")
    assert "".join(piece for piece, _ in strengths(drawn)) == text
    assert all(-1 <= strength <= 1 for _, strength in strengths(drawn))
    assert "<good>" not in to_html(drawn)
    assert "\x1b" not in to_terminal(drawn).plain
    assert len(strongest(drawn, 3)) <= 3


def test_pieces_of_one_character_are_drawn_once() -> None:
    spans = [(0, 1), (0, 1), (1, 2)]
    drawn = TokenMap("evidence", "x", "ab c", spans, np.array([1.0, -2.0, 0.5]))
    assert [piece for piece, _ in strengths(drawn)] == ["a", "b", " c"]
