"""The optimizer: AdamW for filters and dense weights, and Adam on the embedding rows that a batch touched.

A batch touches some hundred rows of an embedding of tens of thousands. A dense optimizer would sweep over all
of them, moments too, and cost more than the step itself; `RowAdam` updates the touched rows alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.optim.lr_scheduler import LambdaLR

from training.row_adam import RowAdam

if TYPE_CHECKING:
    from textcnn.network import TextCNN
    from training.config import Recipe


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
        groups = [
            {"params": decayed, "weight_decay": recipe.weight_decay},
            # The logits are a mean over members: a member's own weights move as fast as those of one alone.
            {
                "params": [dense],
                "weight_decay": recipe.weight_decay * network.config.members,  # AdamW multiplies both
                "lr": recipe.learning_rate / network.config.members,
            },
            {"params": plain, "weight_decay": 0.0},
        ]
        self._parts: list[torch.optim.Optimizer] = [
            torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True)
        ]
        rate = recipe.embedding_learning_rate
        if vectors and network.embedding.sparse:
            self._parts.append(RowAdam(vectors[0], lr=rate))
        elif vectors:
            self._parts.append(torch.optim.Adam(vectors, lr=rate))
        warmup = max(1, round(recipe.warmup * steps))

        def factor(step: int) -> float:
            return min((step + 1) / warmup, (steps - step) / max(1, steps - warmup))

        self._schedules = [LambdaLR(part, factor) for part in self._parts]

    def step(self) -> None:
        """Change the weights by their gradients, forget these, and move on in the schedule."""
        for part, schedule in zip(self._parts, self._schedules, strict=True):
            part.step()
            part.zero_grad()
            schedule.step()

    def state(self) -> list[dict[str, Any]]:
        """Everything that the next step depends on, as one state dictionary for each part and schedule."""
        return [each.state_dict() for each in self._stateful()]

    def restore(self, state: list[dict[str, Any]]) -> None:
        """The inverse of `state`."""
        for each, values in zip(self._stateful(), state, strict=True):
            each.load_state_dict(values)

    def _stateful(self) -> list[torch.optim.Optimizer | LambdaLR]:
        return [*self._parts, *self._schedules]
