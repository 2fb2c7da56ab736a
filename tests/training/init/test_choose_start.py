from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.training.init.conftest import CHINESE_TEXTS, ENGLISH, OTHERS
from textcnn.errors import ConfigError
from textcnn.recipe import Recipe
from textcnn.training.data.corpus import corpus_from_rows
from textcnn.training.device import find_device
from textcnn.training.fitting.start_notes import start_note
from textcnn.training.init.bundled_base import CHINESE
from textcnn.training.init.choose_start import find_start
from textcnn.training.init.start import ChosenStart
from textcnn.training.progress import Reporter
from textcnn.training.train import fit_corpus, train

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.reading.rows import Row


def test_fewer_dimensions_of_the_base_of_the_language() -> None:
    found = find_start(Recipe(embedding_dim=16), CHINESE_TEXTS, multi_label=False)
    assert found.start is not None
    assert (found.start.name, found.start.vectors.shape[1]) == (CHINESE, 16)
    assert "Chinese characters" in found.reason
    found = find_start(Recipe(embedding_dim=300), CHINESE_TEXTS, multi_label=False)
    assert found == ChosenStart(None, "embedding_dim is 300, and the vectors of base-zh have 208 numbers")


def test_auto_takes_the_base_for_english_unless_the_recipe_wants_tokens_of_its_own() -> None:
    found = find_start(Recipe(), ENGLISH, multi_label=False)
    assert found.start is not None
    assert found.start.name == "base-en"
    assert "mostly English" in found.reason
    for recipe, reason in (
        (Recipe(tokens="word"), "tokens is 'word', and a base brings its own tokenizer"),
        (Recipe(lowercase=False), "lowercase is False, and a base brings its own tokenizer"),
        (Recipe(init="rand"), ""),
        (Recipe(channels="rand"), ""),
    ):
        assert find_start(recipe, ENGLISH, multi_label=False) == ChosenStart(None, reason)
    assert find_start(Recipe(), OTHERS, multi_label=False).start is None


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (OTHERS[:1], r"base-en knows \d+\.\d % of the words; 75 % are wanted"),
        ([OTHERS[2], OTHERS[0]], r"\d+\.\d % of the letters are Chinese characters; 75 % are wanted"),
    ],
)
def test_random_vectors_have_a_reason_too(texts: list[str], reason: str) -> None:
    found = find_start(Recipe(), texts, multi_label=False)
    assert found.start is None
    assert re.fullmatch(reason, found.reason)
    told = start_note(found, {"name": "rand"}, Recipe(), ("a", "b"))
    assert told == f"starting from random vectors ({found.reason})"


def test_the_mode_rand_with_vectors_is_a_contradiction() -> None:
    with pytest.raises(ConfigError, match="channels is 'rand', which means random vectors"):
        find_start(Recipe(init="base-en", channels="rand"), ENGLISH, multi_label=False)


def test_a_settled_recipe_trains_the_same_again(rows: list[Row]) -> None:
    corpus = corpus_from_rows(rows[:60], seed=0)
    recipe = Recipe(init="base-en", filters=4, epochs=1, refit=False)
    with find_device() as device:
        once = fit_corpus(corpus, recipe, device, Reporter())
        again = fit_corpus(corpus, Recipe(**once.recipe.model_dump(mode="json")), device, Reporter())
    assert again.recipe == once.recipe
    for name, array in once.weights.items():
        np.testing.assert_array_equal(again.weights[name], array)


def test_a_training_json_given_back_trains_the_same_again(
    rows: list[Row], recipe: Recipe, tmp_path: Path
) -> None:
    corpus = corpus_from_rows(rows[:60], seed=0)
    earlier = tmp_path / "earlier"
    train(corpus, recipe, earlier)
    for name, given in (("base", Recipe(embedding_dim=8)), ("warm", Recipe(init=str(earlier), epochs=1))):
        once = train(corpus, given, tmp_path / name)
        again = train(corpus, Recipe.read(tmp_path / name / "training.json"), tmp_path / f"{name} again")
        assert once is not None
        assert again is not None
        for key, array in once.weights().items():
            np.testing.assert_array_equal(again.weights()[key], array)
