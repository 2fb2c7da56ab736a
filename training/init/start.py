"""A start: a tokenizer with a vector for each of its tokens, and more where it is a whole model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from textcnn.errors import ConfigError
from textcnn.network.weights import DENSE_BIAS, DENSE_WEIGHT, EMBEDDING, STATIC_EMBEDDING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from textcnn.config import ModelConfig
    from textcnn.network.weights import Weights
    from textcnn.tokens.tokenizer import Tokenizer

SPREAD: Final = 0.3
"""Standard deviation of the numbers of the vectors: on five corpora better than 0.15
(docs/LOG.md#the-spread-of-the-vectors-that-training-starts-from)."""

SHAPE: Final = (
    "embedding_dim",
    "channels",
    "widths",
    "filters",
    "activation",
    "batch_norm",
    "pooling",
    "members",
)
"""Keys of a recipe that an earlier model has decided."""


@dataclass(frozen=True)
class Start:
    """A tokenizer and vectors that a network begins with, or a whole model."""

    name: str
    """As the recipe names it, or what `auto` found."""
    tokenizer: Tokenizer
    vectors: NDArray[np.float32]
    """V x D, the rows of padding and unknown zero."""
    known: NDArray[np.bool_]
    """V: which rows come from the source. The others were drawn, as words of the corpus that it lacks."""
    sha256: str
    """Of the file or files that it was read from."""
    offered: int | None = None
    """Words of a file of word vectors, of which some are kept; None for what keeps its whole vocabulary."""
    added: int = 0
    """Tokens of the corpus that the source lacks, whose vectors were drawn."""
    model: ModelConfig | None = None
    """The configuration of an earlier model."""
    weights: Weights = field(default_factory=dict)
    """All numbers of an earlier model."""

    @property
    def shape(self) -> dict[str, Any]:
        """The recipe's keys that an earlier model has decided, with its values; vectors decide none."""
        return {key: getattr(self.model.network, key) for key in SHAPE} if self.model else {}

    def weights_for(self, labels: tuple[str, ...], drawn: Weights) -> Weights:
        """The numbers of a network with these labels: the start's where it has them, `drawn` elsewhere.

        A label that an earlier model knows keeps its dense row; others have the one that was drawn.
        """
        weights = dict(drawn)
        if self.model is None:
            for name in (EMBEDDING, STATIC_EMBEDDING):
                if name in drawn:
                    members = drawn[name].shape[1] // self.vectors.shape[1]
                    weights[name] = np.tile(self.vectors, (1, members))
            return weights
        weights |= {name: value for name, value in self.weights.items() if not name.startswith("dense.")}
        dense, bias = drawn[DENSE_WEIGHT].copy(), drawn[DENSE_BIAS].copy()
        for index, label in enumerate(labels):
            if label in self.model.labels:
                earlier = self.model.labels.index(label)
                dense[index] = self.weights[DENSE_WEIGHT][earlier]
                bias[index] = self.weights[DENSE_BIAS][earlier]
        return weights | {DENSE_WEIGHT: dense, DENSE_BIAS: bias}

    def coverage(self, ids: NDArray[np.int32]) -> float:
        """Share of tokens whose vector the source knows, from 0 to 1; 1 where there are none."""
        return float(self.known[ids].mean()) if len(ids) else 1.0

    def describe(self, ids: NDArray[np.int32]) -> dict[str, Any]:
        """Describe it for `training.json`; `ids` are the tokens of the training part."""
        return {
            "name": self.name,
            "is_model": self.model is not None,
            "sha256": self.sha256,
            "tokens": len(self.vectors),
            "dimensions": self.vectors.shape[1],
            "coverage": round(self.coverage(ids), 4),
            **({"added": self.added} if self.added else {}),
            **({} if self.offered is None else {"kept": int(self.known.sum()), "offered": self.offered}),
        }


@dataclass(frozen=True)
class ChosenStart:
    """The start that a recipe's `init` comes to for a corpus."""

    start: Start | None
    """None for random vectors."""
    reason: str = ""
    """Why, where the recipe left it open."""


def conditioned(vectors: NDArray[np.float32], dimensions: int | None) -> NDArray[np.float32]:
    """Vectors (V x D) centred, cut to their main directions where fewer dimensions are wanted, and scaled.

    Mean and directions weigh the k-th row by 1/k: vocabularies are ordered by frequency, more or less, and
    frequent tokens follow Zipf's law, so the directions are those in which a text's tokens differ. Measured
    on MR, such directions keep what plain ones lose
    (docs/LOG.md#vectors-of-an-encoder-cut-by-weighted-directions).

    Raises:
        ConfigError: more dimensions are wanted than the vectors have.
    """
    wanted = dimensions or vectors.shape[1]
    if wanted > vectors.shape[1]:
        raise ConfigError(
            f"embedding_dim is {wanted}, and the vectors have {vectors.shape[1]} numbers. "
            "Leave it out, or choose fewer.",
            field="embedding_dim",
        )
    shares = 1 / np.arange(1, len(vectors) + 1)
    shares /= shares.sum()
    centred = vectors.astype(np.float64) - shares @ vectors
    if wanted < vectors.shape[1]:
        _, directions = np.linalg.eigh((centred * shares[:, None]).T @ centred)
        centred = centred @ directions[:, ::-1][:, :wanted]
    spread = centred.std()
    return np.asarray(centred * (SPREAD / spread if spread else 1.0), dtype=np.float32)
