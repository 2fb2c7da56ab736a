"""Sides of texts: fixed for ever, apart for each model."""

from __future__ import annotations

from collections import Counter

from textcnn.service.retraining.salted_split import EVALUATION_SHARE, VALIDATION_SHARE, side_of

TEXTS = [f"text number {number}" for number in range(4000)]


def test_a_text_is_always_on_the_same_side_however_it_is_spelt() -> None:
    for text in TEXTS[:200]:
        assert side_of(text, "salt") == side_of(f"  {text.upper()}!!", "salt")


def test_sides_have_their_shares() -> None:
    counts = Counter(side_of(text, "salt") for text in TEXTS)
    assert abs(counts["evaluation"] / len(TEXTS) - EVALUATION_SHARE) < 0.03
    assert abs(counts["validation"] / len(TEXTS) - VALIDATION_SHARE) < 0.03


def test_models_part_their_texts_differently() -> None:
    assert [side_of(text, "one") for text in TEXTS] != [side_of(text, "other") for text in TEXTS]


def test_half_a_surrogate_pair_has_a_side_too() -> None:
    assert side_of("\ud83d", "salt") in ("train", "validation", "evaluation")
