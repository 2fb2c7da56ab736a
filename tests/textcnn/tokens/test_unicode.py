"""Any text at all, through tokenizer, network and engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from textcnn.classifier import TextClassifier
from textcnn.directory import ModelDirectory
from textcnn.network.network import TextCNN

if TYPE_CHECKING:
    from pathlib import Path

ANY_TEXTS = st.lists(st.text(alphabet=st.characters(), max_size=80), min_size=1, max_size=4)


@pytest.fixture(scope="module")
def network(model_dir: Path) -> TextCNN:
    directory = ModelDirectory(model_dir)
    network = TextCNN(directory.config().network).eval()
    network.load_weights(directory.weights())
    return network


@pytest.fixture(scope="module")
def classifier(model_dir: Path) -> TextClassifier:
    return TextClassifier.load(model_dir)


@settings(deadline=None, max_examples=150)
@given(texts=ANY_TEXTS)
def test_the_network_scores_any_text_alike_alone_in_a_batch_and_in_the_engine(
    classifier: TextClassifier, network: TextCNN, texts: list[str]
) -> None:
    batch = classifier.tokenize([*texts, "a good film", ""])
    longest = max(1, int(batch.lengths.max()))
    ids = torch.zeros((len(batch), longest), dtype=torch.int64)
    for row, text in zip(ids, batch, strict=True):
        row[: len(text)] = torch.from_numpy(text.astype(np.int64))
    lengths = torch.from_numpy(batch.lengths)
    with torch.no_grad():
        together = network(ids, lengths).numpy()
        alone = [
            network(row[None, : max(1, length)], length[None])[0]
            for row, length in zip(ids, lengths, strict=True)
        ]
    np.testing.assert_allclose(torch.stack(alone).numpy(), together, rtol=1e-5, atol=1e-5)
    # Of the model's tables, which are int16; test_engine.py has the bound.
    np.testing.assert_allclose(classifier.score(batch), together, rtol=1e-3, atol=1e-3)
