"""The optimizer: AdamW for what is dense, and Adam on the embedding rows that a batch touched.

A batch touches some hundred rows of an embedding of tens of thousands. A dense optimizer would sweep over all
of them, moments too, and cost more than the step itself; `RowAdam` updates the touched rows alone.

PyTorch's functions are called without its `Optimizer` class, which imports a compiler that no training here
needs: 1.7 s of each run (docs/LOG.md#words-moved-together-and-whole-texts-among-their-parts).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.optim.adamw import adamw

from textcnn.training.fitting.row_adam import BETAS, EPSILON, RowAdam

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from textcnn.network.network import TextCNN
    from textcnn.recipe import Recipe


class Optimizer:
    """Steps all weights of a network, with warm-up and linear decay over a known number of steps."""

    def __init__(self, network: TextCNN, recipe: Recipe, steps: int) -> None:
        vectors = [network.embedding.weight] if network.embedding.weight.requires_grad else []
        rest = [
            weight
            for name, weight in network.named_parameters()
            if weight.requires_grad and not name.endswith("embedding.weight")
        ]
        dense = network.dense.weight
        decayed = [weight for weight in rest if weight.ndim > 1 and weight is not dense]
        plain = [weight for weight in rest if weight.ndim == 1]  # biases and batch normalisation
        members, rate, decay = network.config.members, recipe.learning_rate, recipe.weight_decay
        self._parts: list[DenseAdam | RowAdam] = [
            DenseAdam(decayed, rate, decay),
            # The logits are a mean over members: a member's own weights move as fast as those of one alone.
            DenseAdam([dense], rate / members, decay * members),  # AdamW multiplies both
            DenseAdam(plain, rate, 0.0),
        ]
        if vectors and network.embedding.sparse:
            self._parts.append(RowAdam(vectors[0], recipe.embedding_learning_rate))
        elif vectors:
            self._parts.append(DenseAdam(vectors, recipe.embedding_learning_rate, 0.0))
        self._weights = [*vectors, *rest]
        self._warmup, self._steps = max(1, round(recipe.warmup * steps)), steps
        self._done = 0

    @property
    def factor(self) -> float:
        """The factor of the learning rates in the next step."""
        left = (self._steps - self._done) / max(1, self._steps - self._warmup)
        return min((self._done + 1) / self._warmup, left)

    @torch.no_grad()
    def step(self) -> None:
        """Change the weights by their gradients, forget these, and move on in the schedule."""
        for part in self._parts:
            part.step(self.factor)
        for weight in self._weights:
            weight.grad = None
        self._done += 1

    def state(self) -> dict[str, Any]:
        """Everything that the next step depends on, besides the weights."""
        return {"done": self._done, "moments": [part.moments for part in self._parts]}

    def restore(self, state: dict[str, Any]) -> None:
        """The inverse of `state`."""
        self._done = state["done"]
        for part, moments in zip(self._parts, state["moments"], strict=True):
            for own, saved in zip(part.moments, moments, strict=True):
                own.copy_(saved)


class DenseAdam:
    """AdamW on whole weights; the fused one takes a gradient's numbers as they lie, so as the weight's do."""

    def __init__(self, weights: Sequence[Tensor], rate: float, weight_decay: float) -> None:
        self._weights, self._rate, self._weight_decay = list(weights), rate, weight_decay
        self._means, self._squares = ([torch.zeros_like(each) for each in weights] for _ in range(2))
        self._counts = [torch.zeros((), device=each.device) for each in weights]

    @property
    def moments(self) -> list[Tensor]:
        """Of each weight the running mean, that of the square, and the number of steps."""
        return [*self._means, *self._squares, *self._counts]

    def step(self, factor: float) -> None:
        """Change the weights by their gradients; the rate is multiplied by the factor."""
        adamw(
            self._weights,
            [torch.as_tensor(each.grad) for each in self._weights],
            self._means,
            self._squares,
            [],
            self._counts,
            fused=True,
            amsgrad=False,
            beta1=BETAS[0],
            beta2=BETAS[1],
            lr=factor * self._rate,
            weight_decay=self._weight_decay,
            eps=EPSILON,
            maximize=False,
        )
