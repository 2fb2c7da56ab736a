"""The tokenizer of a corpus, trained on its training part alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textcnn.config import UNKNOWN_ID
from textcnn.tokens.token_batch import TokenBatch
from textcnn.tokens.tokenizer import Tokenizer, TokenKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from textcnn.recipe import Recipe
    from textcnn.training.data.corpus import Corpus
    from textcnn.training.device import Device

MOST_UNKNOWN = 0.2
"""Share of unknown tokens in the training part from which rare words are split into pieces."""


def build_tokenizer(corpus: Corpus, recipe: Recipe, device: Device) -> Tokenizer:
    """Train the tokenizer on the training part alone; every process has the leader's."""
    texts = corpus.train[:]["text"]
    tokenizer = train_tokenizer(texts, recipe, "word" if recipe.tokens == "auto" else recipe.tokens)
    if recipe.tokens == "auto" and unknown_share(texts, tokenizer) > MOST_UNKNOWN:
        tokenizer = train_tokenizer(texts, recipe, "wordpiece")
    return Tokenizer(device.share(tokenizer.to_json()))


def train_tokenizer(texts: list[str], recipe: Recipe, kind: TokenKind) -> Tokenizer:
    """Train a tokenizer of the given kind, as the recipe wants it."""
    return Tokenizer.train(
        texts,
        kind=kind,
        vocabulary_size=recipe.vocabulary_size,
        min_frequency=recipe.min_frequency,
        lowercase=recipe.lowercase,
    )


def unknown_share(texts: list[str], tokenizer: Tokenizer) -> float:
    """Share of the texts' tokens that the vocabulary does not know, from 0 to 1."""
    ids = encode(texts, tokenizer).ids
    return float((ids == UNKNOWN_ID).mean()) if len(ids) else 0.0


def encode(texts: Sequence[str], tokenizer: Tokenizer) -> TokenBatch:
    """Encode many texts, some thousands at a time."""
    rows: list[NDArray[np.int32]] = []
    for start in range(0, len(texts), 4096):
        rows.extend(tokenizer.encode_batch(texts[start : start + 4096]))
    return TokenBatch.of(rows)
