"""What a recipe leaves open, decided by the corpus and by what training starts from.

Every rule was measured on training rows (docs/LOG.md); a key that a recipe gives is never changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from training.starts.earlier_model import SHAPE

if TYPE_CHECKING:
    from training.config import Recipe
    from training.starts.start import Start

SOME: Final = 10_000
"""Rows to train on from which random vectors want fewer epochs, whose rates fall to zero before they know the
training part by heart."""

SOME_ROWS: Final[dict[str, Any]] = {"epochs": 5, "embedding_learning_rate": 1e-3}

MANY: Final = 20_000
"""Rows to train on from which fewer epochs of larger batches are enough."""

MANY_ROWS: Final[dict[str, Any]] = {"epochs": 5, "batch_size": 64, "embedding_learning_rate": 2e-3}

FROM_VECTORS: Final[dict[str, Any]] = {
    "channels": "non-static",
    "epochs": 5,
    "learning_rate": 2e-3,
    "embedding_learning_rate": 2e-3,
    "embedding_storage": "int8",
}
"""Vectors that know something already need fewer and smaller steps."""


def settle(recipe: Recipe, texts: int, start: Start | None) -> Recipe:
    """The recipe with every key decided, for so many texts to train on."""
    decided: dict[str, Any] = {"init": start.name if start else "rand"}
    if start is not None:
        decided |= FROM_VECTORS | {"embedding_dim": start.vectors.shape[1]}
        if start.model is not None:
            decided |= {key: getattr(start.model.network, key) for key in SHAPE}
    elif texts >= SOME:
        decided |= SOME_ROWS
    if texts >= MANY:
        decided |= MANY_ROWS
    given = {key: getattr(recipe, key) for key in recipe.model_fields_set if key != "init"}
    return recipe.model_copy(update=decided | given)
