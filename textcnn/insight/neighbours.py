"""The tokens nearest to a token, among those that training saw often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from textcnn.config import PAD_ID, UNKNOWN_ID
from textcnn.errors import ConfigError
from textcnn.network.weights import folded_vectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from textcnn.directory import ModelDirectory

SEEN_OFTEN: Final = 5
"""Times that a token must stand in the training part to be in a best n-gram: rarer vectors are noise."""


def neighbours(directory: ModelDirectory, token: str, limit: int) -> list[tuple[str, float]]:
    """The tokens whose embeddings point most in a token's direction, with the cosines.

    Raises:
        ConfigError: the model has no such token.
    """
    tokenizer = directory.tokenizer()
    ids = tokenizer.encode(token)
    if len(ids) != 1 or ids[0] == UNKNOWN_ID:
        pieces = " ".join(tokenizer.tokens(token))
        found = "a word that the vocabulary lacks" if len(ids) == 1 else f"{len(ids)} tokens ({pieces})"
        raise ConfigError(f"That is {found}; name one token of the vocabulary.", field="neighbours")
    vectors, (allowed, _) = folded_vectors(directory.weights()), allowed_tokens(directory)
    own, others = vectors[ids[0]], vectors[allowed]
    lengths = np.maximum(np.linalg.norm(others, axis=1) * np.linalg.norm(own), np.finfo(np.float32).tiny)
    cosines = np.where(allowed == ids[0], -np.inf, others @ own / lengths)
    spellings = tokenizer.vocabulary()
    nearest = [each for each in (-cosines).argsort(kind="stable")[:limit] if np.isfinite(cosines[each])]
    return [(spellings[allowed[each]], float(cosines[each])) for each in nearest]


def allowed_tokens(directory: ModelDirectory) -> tuple[NDArray[np.int64], bool]:
    """The ids of the tokens that best n-grams are made of, and whether the model tells how often it saw each.

    Without counts, or where no token was seen so often, they are all but padding.
    """
    counts = directory.token_counts()
    often = np.flatnonzero(counts >= SEEN_OFTEN) if counts is not None else np.empty(0, dtype=np.int64)
    often = often[often != PAD_ID]
    if len(often):
        return often, True
    return np.arange(PAD_ID + 1, directory.config().network.vocabulary_size), False
