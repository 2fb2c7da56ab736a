from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from textcnn.errors import ConfigError
from textcnn.network.weights import DENSE_WEIGHT, EMBEDDING
from textcnn.recipe import Recipe
from textcnn.training.data.corpus import corpus_from_rows
from textcnn.training.defaults import settle
from textcnn.training.device import find_device
from textcnn.training.init.choose_start import find_start
from textcnn.training.progress import Reporter
from textcnn.training.train import fit_corpus

if TYPE_CHECKING:
    from textcnn.directory import ModelDirectory
    from textcnn.reading.rows import Row


def test_going_on_from_a_model_keeps_what_it_knows_and_adds_labels(
    rows: list[Row], recipe: Recipe, model: ModelDirectory
) -> None:
    earlier = model.path
    grown = [row if number % 9 else replace(row, labels=("other",)) for number, row in enumerate(rows)]
    corpus = corpus_from_rows(grown)
    start = find_start(Recipe(init=str(earlier)), corpus.train[:]["text"], multi_label=False).start
    assert start is not None
    assert start.model is not None
    drawn = {
        **start.weights,
        DENSE_WEIGHT: np.zeros((3, 16), np.float32),
        "dense.bias": np.zeros(3, np.float32),
    }
    weights = start.weights_for(corpus.labels, drawn)
    assert corpus.labels == ("negative", "other", "positive")
    np.testing.assert_array_equal(weights[DENSE_WEIGHT][[0, 2]], start.weights[DENSE_WEIGHT])
    assert not weights[DENSE_WEIGHT][1].any()
    np.testing.assert_array_equal(weights[EMBEDDING], start.weights[EMBEDDING])
    with find_device() as device:
        trained = fit_corpus(corpus, Recipe(init=str(earlier), epochs=1), device, Reporter())
        afresh = fit_corpus(corpus, recipe.model_copy(update={"epochs": 1}), device, Reporter())
    assert trained.recipe.widths == (1, 2)
    assert settle(Recipe(), 100, 25, start).filters == 8  # many labels change no shape that is there
    assert trained.run.history[0]["loss"] < afresh.run.history[0]["loss"] - 0.1


def test_going_on_in_another_shape_is_refused(model: ModelDirectory) -> None:
    earlier = model.path
    for wrong, field in (
        (Recipe(init=str(earlier), filters=9), "filters"),
        (Recipe(init=str(earlier), tokens="word"), "tokens"),
    ):
        with pytest.raises(ConfigError, match=field):
            find_start(wrong, ["good film"], multi_label=False)
    with pytest.raises(ConfigError, match="one label each, and those of the corpus several"):
        find_start(Recipe(init=str(earlier)), ["good film"], multi_label=True)
