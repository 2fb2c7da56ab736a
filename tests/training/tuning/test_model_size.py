from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from tests.training.tuning.conftest import SMALL
from textcnn.reading.rows import Row
from textcnn.recipe import Recipe
from textcnn.training.data.corpus import corpus_from_rows
from textcnn.training.train import train
from textcnn.training.tuning.model_size import model_megabytes

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _undrawn_charts() -> None:
    """Draw them: they are part of the size."""


def many_labels(count: int) -> list[Row]:
    chooser = random.Random(0)
    texts = [f"word{n % count} a b c{chooser.randrange(999)}" for n in range(30 * count)]
    return [Row(n, text, (f"label_number_{n % count}",), "f") for n, text in enumerate(texts)]


@pytest.mark.parametrize("options", [{}, {"init": "base-en"}, {"labels": 60}], ids=str)
def test_the_size_is_that_of_the_directory(options: dict[str, Any], rows: list[Row], tmp_path: Path) -> None:
    corpus = corpus_from_rows(many_labels(options["labels"]) if "labels" in options else rows)
    recipe = Recipe(**SMALL | {"init": options.get("init", "rand"), "refit": False})
    model = train(corpus, recipe, tmp_path / "model")
    assert model is not None
    settled = Recipe(**json.loads((model.path / "training.json").read_text())["recipe"])
    estimate = 1e6 * model_megabytes(settled, model.tokenizer(), len(corpus.labels))
    assert model.size() < estimate < 1.25 * model.size() + 50_000
