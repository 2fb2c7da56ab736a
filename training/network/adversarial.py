"""Adversarial training: a step learns from texts, and again with their vectors moved to where it hurts most.

    r = share * |E| * g / |g|        g the gradient of the loss with respect to E, the vectors of the batch

Source: T. Miyato, A. Dai, I. Goodfellow, Adversarial Training Methods for Semi-Supervised Text
Classification, ICLR 2017, where each place in a text has its own r; here each token of a batch has one, so
that a step still works on distinct tokens alone (`textcnn.training.network.folded`).
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn


@contextmanager
def moved_to_hurt(embedding: nn.Embedding, share: float) -> Iterator[None]:
    """Trained vectors (V x D) moved along their gradient, by a share of the length of all that it touches.

    Afterwards they are as before. Without a gradient nothing happens.
    """
    gradient = embedding.weight.grad
    if gradient is None:
        yield
        return
    vectors = embedding.weight.detach()  # the same memory
    if gradient.is_sparse:
        gradient = gradient.coalesce()
        rows, gradient = gradient.indices()[0], gradient.values()  # U, U x D
    else:
        rows = torch.arange(len(vectors), device=vectors.device)
    pulled = gradient.any(dim=1)  # others won no window
    rows, slopes = rows[pulled], gradient[pulled]
    before = vectors[rows]
    steepness = slopes.norm()
    if steepness > 0:
        vectors[rows] = before + slopes * (share * before.norm() / steepness)
    try:
        yield
    finally:
        vectors[rows] = before
