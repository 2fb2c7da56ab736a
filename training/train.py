"""From a checked corpus to a model directory: the whole recipe, read from top to bottom in `train`.

    textcnn train reviews.csv --out reviews            the smallest case
    torchrun --nproc-per-node 2 -m textcnn train ...   the same in two processes

From Python: `training.fit(texts, labels)` gives a classifier, and writes nothing unless told where.
"""

from __future__ import annotations

import platform
import time
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from textcnn.classifier import TextClassifier
from textcnn.config import UNKNOWN_ID, ModelConfig
from textcnn.directory import (
    CARD,
    METRICS,
    REPORT,
    TRAINING,
    ModelDirectory,
    new_directory,
    require_free,
    write_json,
    write_manifest,
    write_model,
    write_token_counts,
)
from textcnn.engine.engine import Engine
from textcnn.errors import CorpusError, DivergenceError
from textcnn.evaluation.evaluation import evaluate
from textcnn.reading.rows import Row
from textcnn.recipe import Recipe
from textcnn.tokens.tokenizer import Tokenizer, TokenKind
from textcnn.training.calibration import fit_temperature, fit_thresholds
from textcnn.training.data.corpus import Corpus, corpus_from_rows
from textcnn.training.defaults import settle
from textcnn.training.device import Place, find_place
from textcnn.training.fitting.checkpoint import Checkpoint
from textcnn.training.fitting.fitter import Fitter, encode
from textcnn.training.fitting.objective import target_array
from textcnn.training.init.choose_start import find_start
from textcnn.training.progress import Reporter
from textcnn.training.refit import second_training
from textcnn.training.repeat_wholes import share_of_parts
from textcnn.training.reports.card import model_card
from textcnn.training.reports.report import write_report
from textcnn.training.table_precision import Exactness, choose_tables

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from textcnn.engine.weights import Weights
    from textcnn.network.network import TextCNN
    from textcnn.training.data.targets import Lesson
    from textcnn.training.fitting.trainer import Run

LIBRARIES = ("textcnn", "torch", "tokenizers", "numpy", "numba", "datasets", "safetensors")

MOST_UNKNOWN = 0.2
"""Share of unknown tokens in the training part from which rare words are split into pieces."""


@dataclass(frozen=True)
class Trained:
    """A trained model in memory, with what is known about how it came to be."""

    config: ModelConfig
    weights: Weights
    tokenizer: Tokenizer
    run: Run
    """The one that chose the epoch."""
    refit_rows: int | None
    """Rows that it was trained on in the end, with those of the validation part; None where it was not."""
    exactness: Exactness
    recipe: Recipe
    """With all that was left to the corpus decided."""
    start: dict[str, Any]
    """What training began with, as `training.json` tells it."""
    device: str
    seconds: float
    token_counts: NDArray[np.int64]
    """V: how often each token was seen in training."""

    def classifier(self) -> TextClassifier:
        """The model in use, exactly as the one that would be loaded from its directory."""
        engine = Engine(self.config.network, self.weights, numbers=self.config.tables)
        return TextClassifier(self.config, self.tokenizer, engine)


def train(
    corpus: Corpus,
    recipe: Recipe,
    out: Path,
    *,
    resume: bool = False,
    replace: bool = False,
    reporter: Reporter | None = None,
    source: str = "",
    lesson: Lesson | None = None,
    distillation: dict[str, Any] | None = None,
) -> ModelDirectory | None:
    """Train on a corpus and write the model directory `out`; `source` is a sentence on the data for its card.

    A `lesson` takes the place of the training part; `distillation` is what `training.json` tells about it.

    After each epoch a checkpoint is kept in `out.partial/`; `resume` goes on from it, to the same result.
    In a `torchrun` group only the leader writes, and the others return None.

    Raises:
        InputError: `out` is taken, or holds an interrupted run and `resume` is not said.
        ConfigError: the recipe does not fit the corpus, or the interrupted run is another one.
    """
    require_free(out, replace=replace)
    with find_place() as place, ExitStack() as claimed:
        checkpoint = Checkpoint(out, _identity(corpus, recipe, place, lesson))
        if place.leads:
            claimed.enter_context(checkpoint.claim(resume=resume))
        try:
            trained = fit_corpus(corpus, recipe, place, reporter or Reporter(), checkpoint, lesson)
        except DivergenceError:
            checkpoint.remove()  # it would only diverge again
            raise
        if not place.leads:
            return None
        with new_directory(out, replace=replace) as directory:
            save(directory, trained, corpus, out.absolute().name, source=source, distillation=distillation)
        checkpoint.remove()
    return ModelDirectory(out)


def _identity(corpus: Corpus, recipe: Recipe, place: Place, lesson: Lesson | None) -> dict[str, Any]:
    """What an interrupted run must have in common with the one that goes on with it."""
    identity = {**recipe.given(), "corpus": corpus.fingerprint, "device": place.device.type}
    if lesson is not None:
        identity["lesson"] = lesson.fingerprint
    return identity


def save(
    directory: Path,
    trained: Trained,
    corpus: Corpus,
    name: str,
    *,
    source: str,
    distillation: dict[str, Any] | None = None,
) -> None:
    """Fill a model directory: the model, its figures on the test part, and how it came to be."""
    write_model(directory, trained.config, trained.weights, trained.tokenizer)
    classifier = TextClassifier.from_directory(ModelDirectory(directory))
    evaluation = evaluate_classifier(classifier, corpus)
    facts = describe(trained, corpus)
    if distillation is not None:
        student = {key: evaluation[key] for key in ("accuracy", "macro_f1") if key in evaluation}
        facts["distillation"] = {
            **distillation,
            "figures": {**distillation["figures"], **({"student": student} if student else {})},
        }
    write_json(directory / METRICS, evaluation)
    write_json(directory / TRAINING, facts)
    write_token_counts(directory, trained.token_counts)
    card = model_card(trained.config, evaluation or None, facts, name=name, source=source)
    (directory / CARD).write_text(card, encoding="utf-8")
    write_report(
        directory / REPORT,
        history=trained.run.history,
        evaluation=evaluation or None,
        training=facts,
        name=name,
    )
    write_manifest(directory)


def fit(
    texts: Sequence[str], labels: Sequence[str] | Sequence[Sequence[str]], recipe: Recipe | None = None
) -> TextClassifier:
    """A classifier trained on texts and their labels: one each, or a list each for multi-label.

    A tenth is split off for validation; evaluate on texts that are not among these.

    Raises:
        CorpusError: the lists differ in length, hold something else than strings, or are too few to train on.
    """
    recipe = recipe or Recipe()
    if len(texts) != len(labels):
        raise CorpusError(f"There are {len(texts)} texts and {len(labels)} labels; each text needs its own.")
    rows = [_row(*each) for each in zip(range(1, len(texts) + 1), texts, labels, strict=True)]
    corpus = corpus_from_rows(
        rows, seed=recipe.seed, validation_share=recipe.validation_share, test_share=None
    )
    with find_place() as place:
        return fit_corpus(corpus, recipe, place, Reporter()).classifier()


def _row(number: int, text: str, label: str | Sequence[str]) -> Row:
    labels = (
        (label,) if isinstance(label, str) else tuple(label) if isinstance(label, list | tuple) else (label,)
    )
    if not isinstance(text, str) or not all(isinstance(each, str) and each.strip() for each in labels):
        raise CorpusError(
            f"found {_kind(text)} with {', '.join(map(_kind, labels)) or 'no label'}; expected a string, and "
            "a label or a list of labels, each a string that is not empty (str(label) makes one)",
            file="texts",
            line=number,
        )
    return Row(number, str(text), tuple(str(each) for each in labels), "texts")


def _kind(value: object) -> str:
    """What a value is, for an error."""
    return "an empty string" if value == "" else f"'{type(value).__name__}'"


def fit_corpus(
    corpus: Corpus,
    recipe: Recipe,
    place: Place,
    reporter: Reporter,
    checkpoint: Checkpoint | None = None,
    lesson: Lesson | None = None,
) -> Trained:
    """Build, train and calibrate; every choice is made on the training and validation parts alone.

    Where the validation rows were split off and have chosen the epoch and the temperature, the network is
    trained once more, on them too. A `lesson` takes the place of the training part, and there is no second
    training; tokens of its own are still those of the training part.
    """
    started = time.perf_counter()
    refit = recipe.refit and lesson is None and not corpus.validation_given
    whole = corpus.with_validation_trained_on() if refit else None
    with second_training(whole, place, checkpoint) if whole else nullcontext() as second:
        fitter = prepare(corpus, recipe, place, reporter, lesson)
        recipe, tokenizer = fitter.recipe, fitter.tokenizer
        if second:
            second.begin(fitter)
        selected = fitter.fit(corpus, checkpoint, lesson)
        learnt = selected.learnt(recipe)
        config = calibrate(recipe, selected.network, learnt.weights, tokenizer, corpus)
        if second:
            epochs = recipe.epochs if recipe.refit_epochs == "all" else selected.run.best_epoch
            learnt = second.after(epochs, fitter)
    config, exactness = choose_tables(config, learnt.weights, encode(corpus.validation[:]["text"], tokenizer))
    return Trained(
        config=config,
        weights=learnt.weights,
        tokenizer=tokenizer,
        run=selected.run,
        refit_rows=len(whole.train) if whole else None,
        exactness=exactness,
        recipe=recipe,
        start=selected.start,
        device=place.describe(),
        seconds=time.perf_counter() - started,
        token_counts=learnt.token_counts,
    )


def prepare(
    corpus: Corpus, recipe: Recipe, place: Place, reporter: Reporter, lesson: Lesson | None
) -> Fitter:
    """What training begins with, its tokens, and every key of the recipe that the corpus decides."""
    labelled = corpus.train[:]["text"]
    found = find_start(recipe, labelled, multi_label=corpus.multi_label)
    start = found.start
    texts = labelled if lesson is None else lesson.texts
    parts = 0.0 if "repeat_wholes" in recipe.model_fields_set else share_of_parts(texts)
    recipe = settle(recipe, len(texts), len(corpus.labels), start, parts)
    tokenizer = start.tokenizer if start else build_tokenizer(corpus, recipe, place)
    return Fitter(recipe, tokenizer, found, place, reporter)


def build_tokenizer(corpus: Corpus, recipe: Recipe, place: Place) -> Tokenizer:
    """The tokenizer, from the training part alone; the leader's in every process."""
    texts = corpus.train[:]["text"]
    tokenizer = train_tokenizer(texts, recipe, "word" if recipe.tokens == "auto" else recipe.tokens)
    if recipe.tokens == "auto" and unknown_share(texts, tokenizer) > MOST_UNKNOWN:
        tokenizer = train_tokenizer(texts, recipe, "wordpiece")
    return Tokenizer(place.share(tokenizer.to_json()))


def train_tokenizer(texts: list[str], recipe: Recipe, kind: TokenKind) -> Tokenizer:
    """A tokenizer of the given kind, as the recipe wants it."""
    return Tokenizer.train(
        texts,
        kind=kind,
        vocabulary_size=recipe.vocabulary_size,
        min_frequency=recipe.min_frequency,
        lowercase=recipe.lowercase,
    )


def unknown_share(texts: list[str], tokenizer: Tokenizer) -> float:
    """Share of the texts' tokens that the vocabulary does not know, from 0 to 1."""
    ids = encode(texts, tokenizer).ids
    return float((ids == UNKNOWN_ID).mean()) if len(ids) else 0.0


def calibrate(
    recipe: Recipe,
    network: TextCNN,
    weights: Weights,
    tokenizer: Tokenizer,
    corpus: Corpus,
) -> ModelConfig:
    """The model's configuration, with temperature and thresholds from the engine's validation logits."""
    rows = corpus.validation[:]
    truth = target_array(rows["labels"], len(corpus.labels), multi_label=corpus.multi_label)
    logits = Engine(network.config, weights).logits(encode(rows["text"], tokenizer))
    temperature = 1.0
    if recipe.calibrate:
        temperature = fit_temperature(logits, truth, multi_label=corpus.multi_label)
    return ModelConfig(
        labels=corpus.labels,
        network=network.config,
        multi_label=corpus.multi_label,
        temperature=temperature,
        thresholds=fit_thresholds(logits, truth, temperature) if corpus.multi_label else (),
        unknown_below=recipe.unknown_below,
        embedding_storage=recipe.embedding_storage,
    )


def evaluate_classifier(classifier: TextClassifier, corpus: Corpus) -> dict[str, Any]:
    """Figures on the untouched test part; empty where there is none."""
    if not len(corpus.test):
        return {}
    rows = corpus.test[:]
    truth = [tuple(corpus.labels[index] for index in row) for row in rows["labels"]]
    return evaluate(classifier, rows["text"], truth).to_dict()


def describe(trained: Trained, corpus: Corpus) -> dict[str, Any]:
    """The content of `training.json`: everything needed to audit the model or to train it again."""
    return {
        "recipe": trained.recipe.model_dump(mode="json"),
        "seed": trained.recipe.seed,
        "start": trained.start,
        "corpus": corpus.describe(),
        "history": trained.run.history,
        "best_epoch": trained.run.best_epoch,
        "refit_rows": trained.refit_rows,
        "tables": {
            "numbers": trained.config.tables,
            "int16_moves_a_probability_by": trained.exactness.largest,
            "texts": trained.exactness.texts,
        },
        "device": trained.device,
        "seconds": round(trained.seconds, 2),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in LIBRARIES},
    }
