"""One training run of a recipe: a network, the tokens of its texts, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from textcnn.network.network import TextCNN
from textcnn.network.weights import Weights, pack_weights, unpack_weights
from textcnn.training.data.corpus_tokenizer import encode
from textcnn.training.fitting.batches import TokenisedPart
from textcnn.training.fitting.objective import make_objective, target_array
from textcnn.training.fitting.start_notes import repeat_wholes_note, start_note
from textcnn.training.fitting.trainer import Run, Trainer
from textcnn.training.network.folded import can_fold, fold
from textcnn.training.network.word_layer import WordLayer
from textcnn.training.repeat_wholes import repeats_per_epoch

if TYPE_CHECKING:
    from collections.abc import Callable

    from datasets import Dataset
    from numpy.typing import NDArray
    from torch import Tensor

    from textcnn.recipe import Recipe
    from textcnn.tokens.tokenizer import Tokenizer
    from textcnn.training.data.corpus import Corpus
    from textcnn.training.data.targets import SoftTargets
    from textcnn.training.device import Device
    from textcnn.training.fitting.checkpoint import Checkpoint
    from textcnn.training.init.start import ChosenStart, Start
    from textcnn.training.progress import Reporter


@dataclass(frozen=True)
class Learnt:
    """The part of a training run that a model directory keeps."""

    weights: Weights
    """With embeddings as they are stored: what will be loaded, and so is calibrated and evaluated."""
    token_counts: NDArray[np.int64]
    """V: how often each token was seen in training."""


@dataclass(frozen=True)
class Fitted:
    """The result of one training run."""

    network: TextCNN
    run: Run
    start: dict[str, Any]
    token_counts: NDArray[np.int64]

    def learnt(self, recipe: Recipe) -> Learnt:
        """The same without PyTorch."""
        packed = pack_weights(self.network.export_weights(), recipe.embedding_storage)
        return Learnt(unpack_weights(packed), self.token_counts)


@dataclass(frozen=True)
class Fitter:
    """Recipe, tokens and start, which the two trainings of a recipe share."""

    recipe: Recipe
    tokenizer: Tokenizer
    chosen_start: ChosenStart
    device: Device
    reporter: Reporter

    @property
    def start(self) -> Start | None:
        """The start; None for random vectors."""
        return self.chosen_start.start

    def fit(
        self,
        corpus: Corpus,
        checkpoint: Checkpoint | None,
        soft_targets: SoftTargets | None = None,
        epochs: int | None = None,
        after_epoch: Callable[[Fitted], None] = lambda _: None,
    ) -> Fitted:
        """Train on the training part or on soft targets: for so many epochs, or as validation chooses.

        `after_epoch` is called after each of them with what there is then.
        """
        recipe, device = self.recipe, self.device
        torch.manual_seed(recipe.seed)
        network = build_network(recipe, self.tokenizer, corpus, device, self.start)
        if soft_targets is None:
            texts, targets = texts_and_targets(corpus.train, corpus)
        else:
            texts, targets = soft_targets.texts, torch.from_numpy(soft_targets.targets)
        times = repeats_per_epoch(texts, recipe.repeat_wholes) if recipe.repeat_wholes > 1 else None
        train_part = self._tokenised(texts, targets, times)
        start_facts = describe_start(self.start, train_part)
        validation_part = None
        if epochs is None:
            validation_part = self._tokenised(*texts_and_targets(corpus.validation, corpus))
            self.reporter.note(start_note(self.chosen_start, start_facts, recipe, corpus.labels))
            if times is not None:
                self.reporter.note(repeat_wholes_note(times, recipe))
        objective = make_objective(recipe, corpus, device.torch_device)
        trainer = Trainer(
            network, train_part, validation_part, objective, recipe, device, self.reporter, epochs
        )
        counts = np.bincount(train_part.token_ids, minlength=self.tokenizer.vocabulary_size)

        def fitted(run: Run) -> Fitted:
            return Fitted(network, run, start_facts, counts)

        self.reporter.begin(epochs or recipe.epochs)
        return fitted(trainer.run(checkpoint, lambda run: after_epoch(fitted(run))))

    def _tokenised(
        self, texts: list[str], targets: Tensor, times: NDArray[np.int64] | None = None
    ) -> TokenisedPart:
        tokens = encode(texts, self.tokenizer)
        return TokenisedPart(tokens, targets, self.device.torch_device, self.recipe.max_tokens, times)


def build_network(
    recipe: Recipe, tokenizer: Tokenizer, corpus: Corpus, device: Device, start: Start | None = None
) -> TextCNN:
    """The network on its device, with random weights or what it starts from."""
    config = recipe.network(tokenizer.vocabulary_size, len(corpus.labels))
    # A GPU sweeps over a dense embedding in no time, and its sparse gradients would be averaged on the CPU.
    network = TextCNN(config, sparse_gradients=device.torch_device.type == "cpu")
    if recipe.word_layer:
        network.word_layer = WordLayer(config.embedding_dim, recipe.word_layer)
    network.to(device.torch_device)
    if can_fold(config, device.torch_device):
        fold(network)
    if start is not None:
        network.load_weights(start.weights_for(corpus.labels, network.export_weights()))
    return network


def describe_start(start: Start | None, train: TokenisedPart) -> dict[str, Any]:
    """Describe the start for `training.json`."""
    return {"name": "rand"} if start is None else start.describe(train.token_ids)


def texts_and_targets(part: Dataset, corpus: Corpus) -> tuple[list[str], Tensor]:
    """The texts of a part of the corpus, and their truth as a loss wants it: rows, multi-label rows x L."""
    rows = part[:]
    truth = target_array(rows["labels"], len(corpus.labels), multi_label=corpus.multi_label)
    targets = torch.from_numpy(truth)
    return rows["text"], targets.float() if corpus.multi_label else targets
