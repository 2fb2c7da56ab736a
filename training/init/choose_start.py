"""The start that a recipe names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textcnn.catalogue import bundled_models
from textcnn.directory import MANIFEST, ModelDirectory
from textcnn.errors import ConfigError
from textcnn.training.init.bundled_base import BASES, find_base, read_base
from textcnn.training.init.earlier_model import read_model
from textcnn.training.init.encoder_vectors import download_encoder, is_encoder, read_encoder
from textcnn.training.init.start import ChosenStart
from textcnn.training.init.word_vectors import read_word_vectors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textcnn.recipe import Recipe
    from textcnn.training.init.start import Start

OWN_TOKENS = ("tokens", "vocabulary_size", "min_frequency", "lowercase")
"""Keys of a recipe that ask for a tokenizer trained on the corpus."""


def find_start(recipe: Recipe, texts: Sequence[str], *, multi_label: bool) -> ChosenStart:
    """Find what `init` names, or `auto` chooses, for a training part of these texts.

    Raises:
        ConfigError: it cannot be read, or does not go with the rest of the recipe.
        ModelError: it is a damaged model directory.
    """
    if recipe.init == "rand":
        return ChosenStart(None)
    if recipe.init == "auto":
        return ChosenStart(None) if _asks_for_random(recipe) else _find_by_language(recipe, texts)
    return ChosenStart(_named(recipe, texts, multi_label=multi_label))


def _find_by_language(recipe: Recipe, texts: Sequence[str]) -> ChosenStart:
    """The base of the corpus's language, where there is one and the recipe asks for no tokens of its own."""
    key = _asks_for_tokens(recipe)
    if key is not None:
        return ChosenStart(None, f"{key} is {getattr(recipe, key)!r}, and a base brings its own tokenizer")
    dimensions = _dimensions(recipe)
    chosen = find_base(texts)
    if chosen.start is None or dimensions is None:
        return chosen
    name, most = chosen.start.name, chosen.start.vectors.shape[1]
    if dimensions > most:
        return ChosenStart(
            None, f"embedding_dim is {dimensions}, and the vectors of {name} have {most} numbers"
        )
    return ChosenStart(read_base(name, dimensions), chosen.reason)


def _named(recipe: Recipe, texts: Sequence[str], *, multi_label: bool) -> Start:
    name, path = recipe.init, Path(recipe.init)
    if name in bundled_models():
        path = bundled_models()[name]
    is_model = name not in BASES and (path / MANIFEST).is_file()
    if _asks_for_random(recipe) and not is_model:  # a model's channels are compared with its own
        raise ConfigError(
            f"channels is 'rand', which means random vectors, and init is '{name}'. Leave one of them out.",
            field="channels",
        )
    if path.is_file():
        if recipe.tokens == "wordpiece":
            raise ConfigError(f"init is {name}: vectors of words need tokens = 'word'.", field="tokens")
        return read_word_vectors(path, texts, recipe)
    _check_no_own_tokens(recipe)
    if name in BASES:
        return read_base(name, _dimensions(recipe))
    if is_model:
        return read_model(ModelDirectory(path), recipe, name=name, multi_label=multi_label)
    if path.is_dir() and not is_encoder(path):
        raise ConfigError(
            f"init is {name}: the directory is neither a model of textcnn (manifest.json) nor an encoder "
            "(tokenizer.json and *.safetensors).",
            field="init",
        )
    return read_encoder(
        path if path.is_dir() else download_encoder(name), name=name, dimensions=_dimensions(recipe)
    )


def _asks_for_random(recipe: Recipe) -> bool:
    return recipe.channels == "rand" and "channels" in recipe.model_fields_set


def _asks_for_tokens(recipe: Recipe) -> str | None:
    """A key that does, if any. A default that is given asks for nothing: a settled recipe has them all."""
    fields = type(recipe).model_fields
    return next((key for key in OWN_TOKENS if getattr(recipe, key) != fields[key].default), None)


def _check_no_own_tokens(recipe: Recipe) -> None:
    key = _asks_for_tokens(recipe)
    if key is not None:
        raise ConfigError(
            f"{key} is {getattr(recipe, key)!r}, and {recipe.init} brings its own tokenizer. "
            "Leave one of them out.",
            field=key,
        )


def _dimensions(recipe: Recipe) -> int | None:
    return recipe.embedding_dim if "embedding_dim" in recipe.model_fields_set else None
