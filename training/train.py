"""From a checked corpus to a model directory: the whole recipe, read from top to bottom in `train`.

    textcnn train reviews.csv --out reviews            the smallest case
    torchrun --nproc-per-node 2 -m textcnn train ...   the same in two processes

From Python: `training.fit(texts, labels)` gives a classifier, and writes nothing unless told where.
"""

from __future__ import annotations

import time
from contextlib import ExitStack, nullcontext
from typing import TYPE_CHECKING, Any

from textcnn.classifier import TextClassifier
from textcnn.directory import (
    CARD,
    METRICS,
    REPORT,
    TRAINING,
    ModelDirectory,
    write_json,
    write_manifest,
    write_model,
    write_token_counts,
)
from textcnn.errors import DivergenceError
from textcnn.evaluation.evaluation import evaluate
from textcnn.new_directory import new_directory, require_free
from textcnn.reading.contradictions import settle_contradictions
from textcnn.recipe import Recipe
from textcnn.training.baselines.comparison import compare_with_baselines, loss_of_ignorance, warnings_of
from textcnn.training.calibration import calibrate
from textcnn.training.data.corpus import Corpus, corpus_from_rows
from textcnn.training.data.corpus_tokenizer import build_tokenizer, encode
from textcnn.training.data.text_lists import rows_of_lists
from textcnn.training.defaults import settle
from textcnn.training.device import Device, find_device
from textcnn.training.fitting.checkpoint import Checkpoint
from textcnn.training.fitting.fitter import Fitter
from textcnn.training.init.choose_start import find_start
from textcnn.training.init.widened_vocabulary import widen
from textcnn.training.progress import Reporter
from textcnn.training.refit import open_refit
from textcnn.training.repeat_wholes import share_of_parts
from textcnn.training.reports.card import model_card
from textcnn.training.reports.report import write_report
from textcnn.training.table_precision import choose_tables
from textcnn.training.trained import Trained

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from textcnn.training.data.targets import SoftTargets


def train(
    corpus: Corpus,
    recipe: Recipe,
    out: Path,
    *,
    resume: bool = False,
    replace: bool = False,
    reporter: Reporter | None = None,
    source: str = "",
    soft_targets: SoftTargets | None = None,
    distillation: dict[str, Any] | None = None,
    linear_baseline: bool = False,
) -> ModelDirectory | None:
    """Train on a corpus and write the model directory `out`; `source` is a sentence on the data for its card.

    `soft_targets` take the place of the training part; `distillation` is what `training.json` tells about it.
    `linear_baseline` puts a linear model's figure beside the model's, for at most 20 seconds more.

    After each epoch a checkpoint is kept in `out.partial/`; `resume` goes on from it, to the same result.
    In a `torchrun` group only the leader writes, and the others return None.

    Raises:
        InputError: `out` is taken, or holds an interrupted run and `resume` is not said.
        ConfigError: the recipe does not fit the corpus, or the interrupted run is another one.
    """
    require_free(out, replace=replace)
    with find_device() as device, ExitStack() as claimed:
        checkpoint = Checkpoint(out, _identity(corpus, recipe, device, soft_targets))
        if device.leads:
            claimed.enter_context(checkpoint.claim(resume=resume))
        try:
            trained = fit_corpus(corpus, recipe, device, reporter or Reporter(), checkpoint, soft_targets)
        except DivergenceError:
            checkpoint.remove()  # it would only diverge again
            raise
        if not device.leads:
            return None
        with new_directory(out, replace=replace) as directory:
            save(
                directory,
                trained,
                corpus,
                out.absolute().name,
                source=source,
                distillation=distillation,
                linear_baseline=linear_baseline,
            )
        checkpoint.remove()
    return ModelDirectory(out)


def _identity(
    corpus: Corpus, recipe: Recipe, device: Device, soft_targets: SoftTargets | None
) -> dict[str, Any]:
    """Tell what an interrupted run must have in common with the one that goes on with it."""
    identity = {**recipe.given(), "corpus": corpus.fingerprint, "device": device.torch_device.type}
    if soft_targets is not None:
        identity["lesson"] = soft_targets.fingerprint  # the key in states that were interrupted before
    return identity


def save(
    directory: Path,
    trained: Trained,
    corpus: Corpus,
    name: str,
    *,
    source: str,
    distillation: dict[str, Any] | None = None,
    linear_baseline: bool = False,
) -> None:
    """Fill a model directory: the model, its figures on the test part, and how it came to be."""
    write_model(directory, trained.config, trained.weights, trained.tokenizer)
    classifier = TextClassifier.from_directory(ModelDirectory(directory))
    evaluation = evaluate_classifier(classifier, corpus)
    if evaluation:
        evaluation |= beside_baselines(classifier, trained, corpus, linear=linear_baseline)
    facts = trained.describe(corpus)
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

    A tenth is split off for validation; evaluate on texts that are not among these. Texts that stand under
    different labels are left out.

    Raises:
        CorpusError: the lists differ in length, hold something else than strings, or are too few to train on.
    """
    recipe = recipe or Recipe()
    corpus = corpus_from_rows(
        settle_contradictions(rows_of_lists(texts, labels)).rows,
        seed=recipe.seed,
        validation_share=recipe.validation_share,
        test_share=None,
    )
    with find_device() as device:
        return fit_corpus(corpus, recipe, device, Reporter()).classifier()


def fit_corpus(
    corpus: Corpus,
    recipe: Recipe,
    device: Device,
    reporter: Reporter,
    checkpoint: Checkpoint | None = None,
    soft_targets: SoftTargets | None = None,
) -> Trained:
    """Build, train and calibrate; every choice is made on the training and validation parts alone.

    Where the validation rows were split off and have chosen the epoch and the temperature, the network is
    trained once more, on them too. `soft_targets` take the place of the training part, and there is no second
    training; a tokenizer that is trained still knows the training part alone.
    """
    started = time.perf_counter()
    trains_again = recipe.refit and soft_targets is None and not corpus.validation_given
    whole = corpus.with_validation_trained_on() if trains_again else None
    with open_refit(whole, device, checkpoint) if whole else nullcontext() as refit:
        fitter = prepare(corpus, recipe, device, reporter, soft_targets)
        recipe, tokenizer = fitter.recipe, fitter.tokenizer
        if refit:
            refit.begin(fitter)
        selected = fitter.fit(corpus, checkpoint, soft_targets)
        learnt = selected.learnt(recipe)
        config = calibrate(recipe, selected.network, learnt.weights, tokenizer, corpus)
        if refit:
            epochs = recipe.epochs if recipe.refit_epochs == "all" else selected.run.best_epoch
            learnt = refit.after(epochs, fitter)
    config, precision = choose_tables(config, learnt.weights, encode(corpus.validation[:]["text"], tokenizer))
    return Trained(
        config=config,
        weights=learnt.weights,
        tokenizer=tokenizer,
        run=selected.run,
        refit_rows=len(whole.train) if whole else None,
        table_precision=precision,
        recipe=recipe,
        start=selected.start,
        device_name=device.describe(),
        seconds=time.perf_counter() - started,
        token_counts=learnt.token_counts,
    )


def prepare(
    corpus: Corpus, recipe: Recipe, device: Device, reporter: Reporter, soft_targets: SoftTargets | None
) -> Fitter:
    """Find the start, the tokens, and every key of the recipe that the corpus decides."""
    labelled = corpus.train[:]["text"]
    chosen_start = find_start(recipe, labelled, multi_label=corpus.multi_label)
    texts = labelled if soft_targets is None else soft_targets.texts
    chosen_start = widen(chosen_start, texts, recipe.seed)
    start = chosen_start.start
    parts = 0.0 if "repeat_wholes" in recipe.model_fields_set else share_of_parts(texts)
    recipe = settle(recipe, len(texts), len(corpus.labels), start, parts)
    tokenizer = start.tokenizer if start else build_tokenizer(corpus, recipe, device)
    return Fitter(recipe, tokenizer, chosen_start, device, reporter)


def beside_baselines(
    classifier: TextClassifier, trained: Trained, corpus: Corpus, *, linear: bool
) -> dict[str, Any]:
    """The model's figures beside those of answers that it has to beat, and warnings where it does not."""
    baselines = compare_with_baselines(
        classifier, corpus, with_validation=trained.refit_rows is not None, linear=linear
    )
    ignorance = loss_of_ignorance(
        corpus.train[:]["labels"], len(corpus.labels), multi_label=corpus.multi_label
    )
    return {"baselines": baselines, "warnings": warnings_of(baselines, trained.run.history, ignorance)}


def evaluate_classifier(classifier: TextClassifier, corpus: Corpus) -> dict[str, Any]:
    """Figures on the untouched test part; empty where there is none."""
    if not len(corpus.test):
        return {}
    rows = corpus.test[:]
    truth = [tuple(corpus.labels[index] for index in row) for row in rows["labels"]]
    return evaluate(classifier, rows["text"], truth).to_dict()
