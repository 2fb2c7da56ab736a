"""An earlier model to go on from: its tokenizer and all its weights, for the same labels or others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from textcnn.errors import ConfigError
from textcnn.network.weights import EMBEDDING
from textcnn.training.init.start import SHAPE, Start

if TYPE_CHECKING:
    from textcnn.config import NetworkConfig
    from textcnn.directory import ModelDirectory
    from textcnn.recipe import Recipe


def read_model(directory: ModelDirectory, recipe: Recipe, *, name: str, multi_label: bool) -> Start:
    """The start that a model directory is.

    Raises:
        ConfigError: the recipe asks for another shape, or one model is multi-label and the other is not.
        ModelError: the directory is damaged.
    """
    config, weights = directory.config(), directory.weights()
    _check_shape(config.network, recipe, name)
    if config.multi_label != multi_label:
        kinds = {True: "several labels", False: "one label"}
        raise ConfigError(
            f"init is {name}, whose texts have {kinds[config.multi_label]} each, and those of the corpus "
            f"{kinds[multi_label]}. Start from another model, or from a base.",
            field="init",
        )
    vectors = weights[EMBEDDING]
    known = np.ones(len(vectors), dtype=np.bool_)
    known[:2] = False
    return Start(
        name, directory.tokenizer(), vectors, known, directory.sha256(), model=config, weights=weights
    )


def _check_shape(network: NetworkConfig, recipe: Recipe, name: str) -> None:
    for key in SHAPE:
        wanted, actual = getattr(recipe, key), getattr(network, key)
        if key in recipe.model_fields_set and wanted not in (actual, "auto"):
            raise ConfigError(
                f"{key} is {wanted!r}, and the model {name} that training starts from has {actual!r}. "
                f"Leave {key} out, or start from something else.",
                field=key,
            )
