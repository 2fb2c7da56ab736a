"""One training run of a recipe: a network, the tokens of its texts, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from textcnn.engine.weights import Weights, pack_weights, unpack_weights
from textcnn.network.network import TextCNN
from textcnn.tokens.token_batch import TokenBatch
from textcnn.training.defaults import MOSTLY_PARTS
from textcnn.training.fitting.batches import TokenisedPart
from textcnn.training.fitting.objective import make_objective, target_array
from textcnn.training.fitting.trainer import Run, Trainer
from textcnn.training.network.folded import can_fold, fold
from textcnn.training.network.word_layer import WordLayer
from textcnn.training.repeat_wholes import times_an_epoch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from datasets import Dataset
    from numpy.typing import NDArray
    from torch import Tensor

    from textcnn.recipe import Recipe
    from textcnn.tokens.tokenizer import Tokenizer
    from textcnn.training.data.corpus import Corpus
    from textcnn.training.data.targets import Lesson
    from textcnn.training.device import Place
    from textcnn.training.fitting.checkpoint import Checkpoint
    from textcnn.training.init.start import Found, Start
    from textcnn.training.progress import Reporter

_NAMED = 5
"""Labels that a note names; more are counted."""


@dataclass(frozen=True)
class Learnt:
    """What a model directory has of a training run."""

    weights: Weights
    """With embeddings as they are stored: what will be loaded, and so is calibrated and evaluated."""
    token_counts: NDArray[np.int64]
    """V: how often each token was seen in training."""


@dataclass(frozen=True)
class Fitted:
    """What one training run leaves."""

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
    """What the two trainings of a recipe share."""

    recipe: Recipe
    tokenizer: Tokenizer
    found: Found
    place: Place
    reporter: Reporter

    @property
    def start(self) -> Start | None:
        """What it begins with; None for random vectors."""
        return self.found.start

    def fit(
        self,
        corpus: Corpus,
        checkpoint: Checkpoint | None,
        lesson: Lesson | None = None,
        epochs: int | None = None,
        after_epoch: Callable[[Fitted], None] = lambda _: None,
    ) -> Fitted:
        """Train on the training part or a lesson: for so many epochs, or as validation chooses.

        `after_epoch` is called after each of them with what there is then.
        """
        recipe, place = self.recipe, self.place
        torch.manual_seed(recipe.seed)
        network = build_network(recipe, self.tokenizer, corpus, place, self.start)
        if lesson is None:
            texts, targets = texts_and_targets(corpus.train, corpus)
        else:
            texts, targets = lesson.texts, torch.from_numpy(lesson.targets)
        times = times_an_epoch(texts, recipe.repeat_wholes) if recipe.repeat_wholes > 1 else None
        train_part = self._tokenised(texts, targets, times)
        began_with = describe_start(self.start, train_part)
        validation_part = None
        if epochs is None:
            validation_part = self._tokenised(*texts_and_targets(corpus.validation, corpus))
            self.reporter.note(start_note(self.found, began_with, recipe, corpus.labels))
            if times is not None:
                self.reporter.note(wholes_note(times, recipe))
        objective = make_objective(recipe, corpus, place.device)
        trainer = Trainer(
            network, train_part, validation_part, objective, recipe, place, self.reporter, epochs
        )
        counts = np.bincount(train_part.token_ids, minlength=self.tokenizer.vocabulary_size)

        def fitted(run: Run) -> Fitted:
            return Fitted(network, run, began_with, counts)

        self.reporter.begin(epochs or recipe.epochs)
        return fitted(trainer.run(checkpoint, lambda run: after_epoch(fitted(run))))

    def _tokenised(
        self, texts: list[str], targets: Tensor, times: NDArray[np.int64] | None = None
    ) -> TokenisedPart:
        tokens = encode(texts, self.tokenizer)
        return TokenisedPart(tokens, targets, self.place.device, self.recipe.max_tokens, times)


def build_network(
    recipe: Recipe, tokenizer: Tokenizer, corpus: Corpus, place: Place, start: Start | None = None
) -> TextCNN:
    """The network on its device, with random weights or what it starts from."""
    config = recipe.network(tokenizer.vocabulary_size, len(corpus.labels))
    # A GPU sweeps over a dense embedding in no time, and its sparse gradients would be averaged on the CPU.
    network = TextCNN(config, sparse_gradients=place.device.type == "cpu")
    if recipe.word_layer:
        network.word_layer = WordLayer(config.embedding_dim, recipe.word_layer)
    network.to(place.device)
    if can_fold(config, place.device):
        fold(network)
    if start is not None:
        network.load_weights(start.weights_for(corpus.labels, network.export_weights()))
    return network


def describe_start(start: Start | None, train: TokenisedPart) -> dict[str, Any]:
    """What `training.json` tells about the start."""
    return {"name": "rand"} if start is None else start.describe(train.token_ids)


def start_note(found: Found, facts: dict[str, Any], recipe: Recipe, labels: Sequence[str]) -> str:
    """The same in a sentence or two."""
    start, why = found.start, f" ({found.reason})" * bool(found.reason)
    if start is None:
        as_they_are = ", which stay as they are" * (recipe.channels == "static")
        return f"starting from random vectors{why}{as_they_are}"
    told = (
        f"starting from {start.name}{why}: {facts['tokens']:,} "
        f"tokens of {facts['dimensions']} numbers, which are {100 * facts['coverage']:.1f} % of the text"
    )
    if start.offered is not None:
        told += f"; {facts['kept']:,} of the file's {start.offered:,} words are kept"
    if start.model is not None:
        told += f"; {labels_note(start.model.labels, labels)}"
        told += ". Figures flatter unless the model has never seen the validation and test rows"
    return told


def labels_note(earlier: Sequence[str], labels: Sequence[str]) -> str:
    """Which labels go on with what an earlier model knows of them, which begin afresh, and which go."""
    kept = [label for label in labels if label in earlier]
    if not kept:
        return (
            f"none of its labels ({_listed(earlier)}) is one of the corpus's ({_listed(labels)}), "
            "which all begin afresh"
        )
    told = f"it keeps {len(kept):,} {'label' if len(kept) == 1 else 'labels'}"
    for verb, others in (
        ("adds", [label for label in labels if label not in earlier]),
        ("drops", [label for label in earlier if label not in labels]),
    ):
        if others:
            told += f", {verb} {_listed(others)}"
    return told


def _listed(labels: Sequence[str]) -> str:
    """The labels' names, or how many they are."""
    return ", ".join(labels) if len(labels) <= _NAMED else f"{len(labels):,} labels"


def wholes_note(times: NDArray[np.int64], recipe: Recipe) -> str:
    """How many texts an epoch has more than once, and what that says about rows that are split off."""
    wholes = int((times > 1).sum())
    parts = len(times) - wholes
    told = f"{wholes:,} texts come {recipe.repeat_wholes} times an epoch"
    if parts > MOSTLY_PARTS * len(times):
        told += (
            f": the other {parts:,} are part of longer ones. If validation or test rows were split off, they "
            "are parts of texts that are trained on, and flatter: give files of other texts"
        )
    return told


def texts_and_targets(part: Dataset, corpus: Corpus) -> tuple[list[str], Tensor]:
    """The texts of a part of the corpus, and their truth as a loss wants it: rows, multi-label rows x L."""
    rows = part[:]
    truth = target_array(rows["labels"], len(corpus.labels), multi_label=corpus.multi_label)
    targets = torch.from_numpy(truth)
    return rows["text"], targets.float() if corpus.multi_label else targets


def encode(texts: Sequence[str], tokenizer: Tokenizer) -> TokenBatch:
    """The ids of many texts, some thousands at a time."""
    rows: list[NDArray[np.int32]] = []
    for start in range(0, len(texts), 4096):
        rows.extend(tokenizer.encode_batch(texts[start : start + 4096]))
    return TokenBatch.of(rows)
