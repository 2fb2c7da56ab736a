"""The size of a model before it is trained."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from textcnn.network.weights import expected_shapes

if TYPE_CHECKING:
    from textcnn.recipe import Recipe
    from textcnn.tokens.tokenizer import Tokenizer


def model_megabytes(recipe: Recipe, tokenizer: Tokenizer, labels: int) -> float:
    """Estimate how large a model's directory is; for what tells about it, a little more than was measured."""
    tokens = tokenizer.vocabulary_size
    size = len(tokenizer.to_json().encode())
    for name, shape in expected_shapes(recipe.network(tokens, labels)).items():
        stored = 4 * math.prod(shape)
        if recipe.embedding_storage == "int8" and name.endswith("embedding.weight"):
            stored = math.prod(shape) + 4 * shape[0]  # a scale for each row
        size += stored
    # Report and card; how often each token was seen; figures of each label, and of the pairs that occur.
    size += 80_000 + 4 * tokens + 1_300 * labels + min(12 * labels**2, 40_000)
    return size / 1e6
