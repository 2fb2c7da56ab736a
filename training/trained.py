"""A trained model in memory, with what is known about how it came to be."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from textcnn.classifier import TextClassifier
from textcnn.engine.engine import Engine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from textcnn.config import ModelConfig
    from textcnn.network.weights import Weights
    from textcnn.recipe import Recipe
    from textcnn.tokens.tokenizer import Tokenizer
    from textcnn.training.data.corpus import Corpus
    from textcnn.training.fitting.trainer import Run
    from textcnn.training.table_precision import TablePrecision

LIBRARIES = ("textcnn", "torch", "tokenizers", "numpy", "numba", "datasets", "safetensors")


@dataclass(frozen=True)
class Trained:
    """The result of a training, calibrated and ready to be saved or used."""

    config: ModelConfig
    weights: Weights
    tokenizer: Tokenizer
    run: Run
    """The one that chose the epoch."""
    refit_rows: int | None
    """Rows that it was trained on in the end, with those of the validation part; None where it was not."""
    table_precision: TablePrecision
    recipe: Recipe
    """With all that was left to the corpus decided."""
    start: dict[str, Any]
    """The start of training, as `training.json` tells it."""
    device_name: str
    seconds: float
    token_counts: NDArray[np.int64]
    """V: how often each token was seen in training."""

    def classifier(self) -> TextClassifier:
        """Put the model to use, exactly as the one that would be loaded from its directory."""
        engine = Engine(self.config.network, self.weights, numbers=self.config.tables)
        return TextClassifier(self.config, self.tokenizer, engine)

    def describe(self, corpus: Corpus) -> dict[str, Any]:
        """The content of `training.json`: everything needed to audit the model or to train it again."""
        return {
            "recipe": self.recipe.model_dump(mode="json"),
            "seed": self.recipe.seed,
            "start": self.start,
            "corpus": corpus.describe(),
            "history": self.run.history,
            "best_epoch": self.run.best_epoch,
            "refit_rows": self.refit_rows,
            "tables": {
                "numbers": self.config.tables,
                "int16_moves_a_probability_by": self.table_precision.largest_difference,
                "texts": self.table_precision.texts,
            },
            "device": self.device_name,
            "seconds": round(self.seconds, 2),
            "python": platform.python_version(),
            "versions": {name: version(name) for name in LIBRARIES},
        }
