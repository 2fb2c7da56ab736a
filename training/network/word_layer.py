"""A layer that each word's vector passes through in training, and that no trained model has.

    e' = e + B relu(A e + a) + b           A: H x D, B: D x H; B and b begin at 0, and so e' at e

A step moves the vectors of words that training sees, and no others. The layer is the same for all words:
what it learns moves those that the corpus lacks as well. A model keeps e' as the word's vector
(`TextCNN.export_weights`), so that classifying costs nothing more.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class WordLayer(nn.Module):
    """The way from a word's vector (D) to the filters, through H hidden units; each member by itself."""

    def __init__(self, dimensions: int, hidden: int) -> None:
        super().__init__()
        self.inner = nn.Linear(dimensions, hidden)
        self.outer = nn.Linear(hidden, dimensions)
        nn.init.zeros_(self.outer.weight)
        nn.init.zeros_(self.outer.bias)

    def forward(self, vectors: Tensor) -> Tensor:
        """Vectors (... x members*D) as they leave the layer."""
        own = vectors.reshape(-1, self.inner.in_features)  # a row for each member
        moved: Tensor = own + self.outer(torch.relu(self.inner(own)))
        return moved.reshape(vectors.shape)
