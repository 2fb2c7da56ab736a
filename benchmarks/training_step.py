"""The folded training step against conv1d with autograd: `python -m benchmarks training_step`.

Forward and backward of the same batches of real texts, in turn in one process; medians over the batches.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

from benchmarks.corpora import find_corpora
from benchmarks.machine import write_results

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.network.network import TextCNN
    from textcnn.training.fitting.batches import Batch

CORPORA = {"mr": ("mr/all.csv", 64), "imdb": ("imdb/test.parquet", 32)}
"""A corpus of sentences and one of long texts, with the texts in a batch."""
BATCHES = 40


def main() -> None:
    """Measure and keep milliseconds for each corpus and embedding dimension."""
    corpora = find_corpora("training_step")
    if corpora is None:
        return
    rows = [
        _measure(name, corpora / file, size, dim)
        for name, (file, size) in CORPORA.items()
        for dim in (128, 384)
    ]
    write_results("training_step", {"batches": BATCHES, "rows": rows})
    for row in rows:
        print("training_step:", row)


def _measure(name: str, file: Path, size: int, dim: int) -> dict[str, Any]:
    import numpy as np
    import torch

    from textcnn.network.network import TextCNN
    from textcnn.reading.rows import read_rows
    from textcnn.recipe import Recipe
    from textcnn.tokens.tokenizer import Tokenizer
    from textcnn.training.fitting.batches import TokenisedPart
    from textcnn.training.network.folded import fold

    texts = [row.text for row, _ in zip(read_rows(file), range(BATCHES * size), strict=False)]
    tokenizer = Tokenizer.train(texts)
    part = TokenisedPart(
        tokenizer.encode_batch(texts), torch.zeros(len(texts)), torch.device("cpu"), max_tokens=1_000
    )
    config = Recipe(embedding_dim=dim).network(tokenizer.vocabulary_size, 2)
    networks = [TextCNN(config, sparse_gradients=True) for _ in range(2)]
    fold(networks[1])
    batches = [part.batch(index) for index in part.epoch(size, (0, 0))]
    for network in networks:  # compiled and warm
        _step(network, batches[0])
    times = [[_step(network, batch) for batch in batches] for network in networks]
    plain, folded = (1_000 * statistics.median(each) for each in times)
    return {
        "corpus": name,
        "texts": size,
        "mean_tokens": round(float(np.mean(part.lengths)), 1),
        "embedding_dim": dim,
        "conv1d_ms": round(plain, 2),
        "folded_ms": round(folded, 2),
        "ratio": round(plain / folded, 2),
    }


def _step(network: TextCNN, batch: Batch) -> float:
    """Seconds of one forward and backward pass, on the threads that training gives it."""
    from textcnn.training.network.folded import step_threads

    network.zero_grad()
    with step_threads(network):
        started = time.perf_counter()
        network(batch.ids, batch.lengths).square().mean().backward()
        return time.perf_counter() - started
