"""Compile all that the service calls: `python warm.py`; with `--expect-hits`, fail where the cache lacks any.

Each kind of model is loaded and asked, from the bundled ones: numba compiles by the types that it is called
with. Prints what was compiled and what was found in the cache.
"""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING, get_args

import numpy as np
from numba.core.dispatcher import Dispatcher

from textcnn import TextClassifier
from textcnn.catalogue import bundled_models, find_model
from textcnn.config import Pooling, TableNumbers
from textcnn.engine.engine import Engine
from textcnn.network.weights import expected_shapes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textcnn.config import ModelConfig

TEXTS = ["", "A warm, funny, engaging film.", "好看的电影"]


def main() -> None:
    """Ask every kind of model, then tell what numba did."""
    for name in bundled_models():
        ask(TextClassifier.load(name))
        for classifier in kinds(name):
            ask(classifier)
    hits, misses = count()
    print(f"compiled code: {hits} found in the cache, {misses} compiled")
    if "--expect-hits" in sys.argv[1:] and (misses or not hits):
        sys.exit("The cache of compiled code does not hold all that the service calls.")


def kinds(name: str) -> Iterator[TextClassifier]:
    """Models as a user may have trained them: the bundled tokenizer, and networks of every kind."""
    directory = find_model(name)
    tokenizer = directory.tokenizer()
    for config in variants(directory.config()):
        shapes = expected_shapes(config.network)
        weights = {name: np.ones(shape, dtype=np.float32) for name, shape in shapes.items()}
        yield TextClassifier(config, tokenizer, Engine(config.network, weights, numbers=config.tables))


def variants(config: ModelConfig) -> Iterator[ModelConfig]:
    """Every kind of configuration that calls other loops, or the same ones with other numbers."""
    several = dataclasses.replace(config, multi_label=True, thresholds=(0.5,) * len(config.labels))
    for each in (config, several):
        for pooling in get_args(Pooling):
            network = dataclasses.replace(config.network, pooling=pooling)
            for tables in get_args(TableNumbers):
                yield dataclasses.replace(each, network=network, tables=tables)


def ask(classifier: TextClassifier) -> None:
    """One text by the short cut, several through the stages, and why."""
    classifier.classify(TEXTS[1])
    classifier.classify_batch(TEXTS)
    classifier.explain(TEXTS[1])


def count() -> tuple[int, int]:
    """How often numba found its code in the cache, and how often it had to compile."""
    modules = [module for name, module in list(sys.modules.items()) if name.startswith("textcnn.")]
    values = {id(value): value for module in modules for value in vars(module).values()}
    stats = [value.stats for value in values.values() if isinstance(value, Dispatcher)]
    return (
        sum(sum(each.cache_hits.values()) for each in stats),
        sum(sum(each.cache_misses.values()) for each in stats),
    )


if __name__ == "__main__":
    main()
