"""Defaults of what a recipe leaves open, decided by the corpus and by what training starts from.

Every rule was measured on training rows; a key that a recipe gives is never changed. Random vectors:
docs/LOG.md#chinese-from-random-vectors-long-texts-networks-side-by-side; few rows:
docs/LOG.md#few-rows-want-larger-steps, docs/LOG.md#some-hundred-rows; many labels, adversarial steps:
docs/LOG.md#the-second-training-adversarial-steps-more-filters-for-more-labels; the word layer and wholes:
docs/LOG.md#words-moved-together-and-whole-texts-among-their-parts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from textcnn.recipe import Recipe
    from textcnn.training.init.start import Start

SOME: Final = 10_000
"""Rows to train on from which random vectors want fewer epochs, whose rates fall to zero before they know the
training part by heart."""

SOME_ROWS: Final[dict[str, Any]] = {"epochs": 5, "embedding_learning_rate": 1e-3}

MANY: Final = 20_000
"""Rows to train on from which fewer epochs of larger batches are enough."""

MANY_ROWS: Final[dict[str, Any]] = {"epochs": 5, "batch_size": 64, "embedding_learning_rate": 2e-3}

MANY_ROWS_FROM_VECTORS: Final[dict[str, Any]] = {"batch_size": 64, "embedding_learning_rate": 5e-4}
"""Vectors that know something are moved by each of many steps: smaller ones are enough."""

FEW: Final = 8_000
"""Rows to train on below which vectors that know something would come too short a way, and the few validation
rows choose an epoch by chance."""

FEW_ROWS_FROM_VECTORS: Final[dict[str, Any]] = {"learning_rate": 4e-3, "embedding_learning_rate": 4e-3}

VERY_FEW: Final = 3_000
"""Rows below which the way is too short even so."""

VERY_FEW_ROWS_FROM_VECTORS: Final[dict[str, Any]] = {"epochs": 10}

MANY_LABELS: Final = 20
"""Labels from which more filters pay for the size and the time that they take."""

MANY_LABELS_FROM_VECTORS: Final[dict[str, Any]] = {"filters": 200}

MOSTLY_PARTS: Final = 0.5
"""Share of texts that are part of longer ones above which the others come more often."""

MOSTLY_PARTS_ROWS: Final[dict[str, Any]] = {"repeat_wholes": 3}
"""A model is asked about wholes: sentences, where their phrases have labels too."""

FROM_VECTORS: Final[dict[str, Any]] = {
    "channels": "non-static",
    "epochs": 5,
    "learning_rate": 2e-3,
    "embedding_learning_rate": 2e-3,
    "embedding_storage": "int8",
    "adversarial": 0.03,
}
"""Vectors that know something already need fewer and smaller steps. Moved a little, they still mean the same;
random vectors mean too little for that."""

WORDS_TOGETHER: Final[dict[str, Any]] = {"word_layer": 128}
"""Words with vectors alike mean alike, so what is learnt of some holds for others. Not where vectors are to
stay as they are, nor where an earlier model's filters are used to them."""


def settle(recipe: Recipe, texts: int, labels: int, start: Start | None, parts: float = 0.0) -> Recipe:
    """The recipe with every key decided, for so many texts to train on and so many labels.

    `parts` is the share of the texts that are part of longer ones (`training/repeat_wholes.py`).
    """
    decided: dict[str, Any] = {"init": start.name if start else "rand"}
    if parts > MOSTLY_PARTS:
        decided |= MOSTLY_PARTS_ROWS
    if start is not None:
        decided |= _from_vectors(recipe, texts, labels, start)
    elif texts >= MANY:
        decided |= MANY_ROWS
    elif texts >= SOME:
        decided |= SOME_ROWS
    given = {key: getattr(recipe, key) for key in recipe.model_fields_set if key != "init"}
    return recipe.model_copy(update=decided | given)


def _from_vectors(recipe: Recipe, texts: int, labels: int, start: Start) -> dict[str, Any]:
    decided = FROM_VECTORS | {"embedding_dim": start.vectors.shape[1]}
    given = recipe.model_fields_set
    if start.model is None and not ("channels" in given and recipe.channels == "static"):
        decided |= WORDS_TOGETHER
    if texts >= MANY:
        decided |= MANY_ROWS_FROM_VECTORS
    elif texts < FEW and start.model is None:
        decided |= FEW_ROWS_FROM_VECTORS
        if "epochs" not in given:  # given ones may be many, for early stopping to end
            decided["refit_epochs"] = "all"
        if texts < VERY_FEW:
            decided |= VERY_FEW_ROWS_FROM_VECTORS
    if labels >= MANY_LABELS:
        decided |= MANY_LABELS_FROM_VECTORS
    return decided | start.shape
