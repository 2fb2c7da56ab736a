from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from textcnn.tokens.normalise import normalise
from textcnn.training.data.targets import make_soft_targets, new_texts, softened

if TYPE_CHECKING:
    from textcnn.training.data.corpus import Corpus


def test_a_target_mixes_the_label_with_the_teachers_scores(few: Corpus) -> None:
    rows = few.train[:]
    labelled = len(rows["text"])
    scores = np.tile([0.2, 0.8], (labelled + 3, 1))
    scores[0] = scores[-1] = np.nan
    soft_targets = make_soft_targets(few, ["x", "y", "z"], scores, hard=0.25, temperature=1)
    assert soft_targets.texts == [*rows["text"], "x", "y"]  # z has no scores
    assert np.allclose(soft_targets.targets.sum(axis=1), 1)
    assert soft_targets.targets[0, rows["labels"][0][0]] == 1
    label = rows["labels"][1][0]
    assert soft_targets.targets[1, label] == pytest.approx(0.25 + 0.75 * (0.2, 0.8)[label])
    assert soft_targets.targets[-1] == pytest.approx([0.2, 0.8])


def test_temperature_divides_logits() -> None:
    logits = np.array([[1.0, -2.0, 0.5]])
    scores = np.exp(logits) / np.exp(logits).sum()
    expected = np.exp(logits / 3) / np.exp(logits / 3).sum()
    assert softened(scores, 3) == pytest.approx(expected)


def test_no_text_of_the_corpus_is_learnt_from_the_teacher(few: Corpus) -> None:
    held_out = [*few.test[:]["text"], *few.validation[:]["text"], *few.train[:]["text"]]
    disguised = [f"  {text.upper()}!! " for text in held_out]
    assert all(normalise(text) == normalise(other) for text, other in zip(held_out, disguised, strict=True))
    found, left_out = new_texts([*held_out, *disguised, "a new one", "A new one.", ""], few)
    assert found == ["a new one"]
    assert left_out == {"in the corpus": 2 * len(held_out), "repeated": 1, "empty": 1}
