"""The linear model learns what a few words or signs tell, and its process ends when its time is over."""

from __future__ import annotations

import itertools
import random
import time
from pathlib import Path

import pytest

from textcnn.training.baselines.linear import LinearModelError, linear_answers

SIGNS = ("🎉", "😡", "差", "good")


def rows(count: int) -> tuple[list[str], list[list[int]]]:
    """Texts of noise in which one sign tells the label."""
    chooser = random.Random(0)
    labels = [[chooser.randrange(len(SIGNS))] for _ in range(count)]
    texts = [" ".join([*chooser.choices("abcdef", k=4), SIGNS[label]]) for (label,) in labels]
    return texts, labels


def test_one_sign_is_enough_be_it_a_word_a_character_or_an_emoji() -> None:
    texts, labels = rows(200)
    answers = linear_answers(texts, labels, texts[:40], multi_label=False)
    assert answers.labels.tolist() == [label for (label,) in labels[:40]]
    assert answers.rows.tolist() == list(range(40))


def test_several_labels_of_a_text_are_found() -> None:
    texts, labels = rows(200)
    pairs = [f"{one} {two}" for one, two in itertools.pairwise(texts)]
    both = [sorted({one, two}) for (one,), (two,) in itertools.pairwise(labels)]
    answers = linear_answers(pairs, both, pairs[:40], multi_label=True)
    for row, truth in enumerate(both[:40]):
        assert answers.labels[answers.rows == row].tolist() == truth


def test_a_process_that_takes_too_long_is_ended() -> None:
    texts, labels = rows(20)
    started = time.monotonic()
    with pytest.raises(LinearModelError, match=r"longer than 0\.01 seconds"):
        linear_answers(texts, labels, texts, multi_label=False, seconds=0.01)
    assert time.monotonic() - started < 5
    left = [path for path in Path("/proc").glob("[0-9]*/cmdline") if b"baselines.linear" in _read(path)]
    assert not left


def test_a_process_that_fails_is_told() -> None:
    with pytest.raises(LinearModelError, match="exit code"):
        linear_answers(["a", "b"], [[0], [0]], ["a"], multi_label=False)  # one label cannot be learnt


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
