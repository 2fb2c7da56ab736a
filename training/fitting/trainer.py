"""The training loop: epochs over the training part until the validation score stops rising, or so many."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from textcnn.errors import DivergenceError
from textcnn.training.fitting.optimizer import Optimizer
from textcnn.training.network.adversarial import moved_to_hurt
from textcnn.training.network.folded import step_threads

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from torch import Tensor

    from textcnn.network.network import TextCNN
    from textcnn.recipe import Recipe
    from textcnn.training.device import Device
    from textcnn.training.fitting.batches import Batch, TokenisedPart
    from textcnn.training.fitting.checkpoint import Checkpoint
    from textcnn.training.fitting.objective import Objective
    from textcnn.training.progress import Reporter


@dataclass
class Run:
    """The progress of a training run; with the weights and the optimizer's state it is a checkpoint."""

    history: list[dict[str, float]] = field(default_factory=list)
    """For each epoch: `epoch`, `loss`, `seconds`, and with a validation part `validation_loss` and
    `validation_score`."""
    best: dict[str, Tensor] = field(default_factory=dict)
    """The network's state after its best epoch."""

    @property
    def best_epoch(self) -> int:
        """The epoch, counted from 1, with the best validation score; 0 before any.

        Of equal scores, as few validation rows often give, the one with the lowest loss is best; without a
        validation part it is the last one.
        """
        if not self.history or "validation_score" not in self.history[-1]:
            return len(self.history)
        best = max(self.history, key=lambda row: (row["validation_score"], -row["validation_loss"]))
        return int(best["epoch"])


@dataclass
class Trainer:
    """Trains a network in place. Every process of a `torchrun` group has one, with the same values in it."""

    network: TextCNN
    train: TokenisedPart
    validation: TokenisedPart | None
    objective: Objective
    recipe: Recipe
    device: Device
    reporter: Reporter
    epochs: int | None = None
    """Stop after so many, while rates fall as for all of the recipe's; None: as recipe and patience say."""

    def __post_init__(self) -> None:
        steps = len(self._batches(epoch=0))
        self.optimizer = Optimizer(self.network, self.recipe, self.recipe.epochs * steps)
        self.device.share_weights(self.network)

    def run(
        self, checkpoint: Checkpoint | None = None, after_epoch: Callable[[Run], None] = lambda _: None
    ) -> Run:
        """Train to the end and leave the network as it was after its best epoch.

        With a checkpoint, the run goes on from the state it holds, if any, and saves one after each epoch.
        The result is that of a run without interruption.
        """
        run = self._restore(checkpoint.load()) if checkpoint else Run()
        while not self._finished(run):
            epoch = len(run.history)
            # A generator for each epoch, so that a resumed run draws what an uninterrupted one would have.
            torch.manual_seed(self.recipe.seed * 1_000_003 + epoch)
            with step_threads(self.network):
                row = self._epoch(epoch)
            run.history.append(self.device.share(row))  # the leader's figures decide for all
            if run.best_epoch == epoch + 1:
                run.best = {name: value.detach().clone() for name, value in self.network.state_dict().items()}
            if checkpoint and self.device.leads:
                checkpoint.save(self._state(run))
            self.reporter.epoch(run.history[-1], best=run.best_epoch == epoch + 1)
            after_epoch(run)
        self.network.load_state_dict(run.best)
        return run

    @torch.no_grad()
    def predict(self, part: TokenisedPart) -> tuple[NDArray[np.float32], float]:
        """Logits (rows x L) of a part, and its mean loss."""
        self.network.eval()
        logits = np.zeros((len(part), self.network.config.outputs), dtype=np.float32)
        total = 0.0
        for rows, batch in part.in_order(4 * self.recipe.batch_size):
            with self.device.autocast():
                output = self.network(batch.ids, batch.lengths)
            total += float(self.objective.loss(output.float(), batch.targets)) * len(batch)
            logits[rows] = output.float().cpu().numpy()
        return logits, total / len(part)

    def _epoch(self, epoch: int) -> dict[str, float]:
        started = time.perf_counter()
        row = {"epoch": epoch + 1, "loss": self._train_epoch(epoch)}
        if self.validation is not None:
            logits, row["validation_loss"] = self.predict(self.validation)
            row["validation_score"] = self.objective.score(logits, row["validation_loss"])
        return {**row, "seconds": time.perf_counter() - started}

    def _train_epoch(self, epoch: int) -> float:
        """Step through all batches; the mean loss of the texts."""
        self.network.train()
        batches = self._batches(epoch)
        total, texts = torch.zeros((), device=self.device.torch_device), 0
        for step, rows in enumerate(batches, start=1):
            batch = self.train.batch(rows[self.device.rank :: self.device.processes])
            total += self._step(batch) * len(batch)
            texts += len(batch)
            if self.reporter.wants_step():  # reading the loss waits for the GPU
                self.reporter.step(epoch + 1, step, len(batches), loss=float(total) / texts, texts=texts)
        mean = float(total) / texts
        if not math.isfinite(mean):
            raise DivergenceError(
                f"The loss is {mean} after epoch {epoch + 1}: training diverged. Lower learning_rate and "
                "embedding_learning_rate.",
                field="learning_rate",
            )
        return mean

    def _step(self, batch: Batch) -> Tensor:
        """Change the weights by one batch; its mean loss."""
        loss = self._add_gradients(batch)
        if self.recipe.adversarial and self.network.embedding.weight.requires_grad:
            with moved_to_hurt(self.network.embedding, self.recipe.adversarial):
                self._add_gradients(batch)
        self.optimizer.step()
        if self.recipe.max_norm:
            self.network.constrain(self.recipe.max_norm)
        return loss

    def _add_gradients(self, batch: Batch) -> Tensor:
        """Add the batch's gradients to those of the weights; its mean loss."""
        with self.device.autocast():
            output = self.network(batch.ids, batch.lengths)
        members = len(output) // len(batch)
        loss = self.objective.loss(output.float(), torch.cat([batch.targets] * members))
        loss.backward()  # type: ignore[no-untyped-call]  # PyTorch leaves it without types
        self.device.average_gradients(self.network)
        return loss.detach()

    def _batches(self, epoch: int) -> list[NDArray[np.int64]]:
        """The rows of each batch; one too small to give every process a row is left out."""
        batches = self.train.epoch(self.recipe.batch_size, (self.recipe.seed, epoch))
        return [rows for rows in batches if len(rows) >= self.device.processes]

    def _finished(self, run: Run) -> bool:
        done = len(run.history)
        if self.epochs is not None:
            return done >= self.epochs
        return done >= self.recipe.epochs or done - run.best_epoch >= self.recipe.patience

    def _state(self, run: Run) -> dict[str, Any]:
        return {
            "history": run.history,
            "best": None if run.best_epoch == len(run.history) else run.best,  # else the network is it
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state(),
        }

    def _restore(self, state: dict[str, Any] | None) -> Run:
        if state is None:  # a new run, or one killed before the end of its first epoch
            return Run()
        self.network.load_state_dict(state["network"])
        self.optimizer.restore(state["optimizer"])
        return Run(state["history"], state["best"] or state["network"])
