from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from textcnn.classifier import TextClassifier
from textcnn.directory import METRICS, TRAINING, ModelDirectory
from textcnn.errors import ConfigError, CorpusError, DivergenceError, InputError
from textcnn.evaluation.evaluation import evaluate
from textcnn.recipe import Recipe
from textcnn.training.data.corpus import Corpus, corpus_from_rows
from textcnn.training.device import find_device
from textcnn.training.fitting.checkpoint import Checkpoint
from textcnn.training.progress import Reporter
from textcnn.training.train import fit, fit_corpus, train

if TYPE_CHECKING:
    from pathlib import Path

    from tests.training.conftest import Begun
    from textcnn.reading.rows import Row

FILES = {
    "README.md",
    "config.json",
    "manifest.json",
    "metrics.json",
    "model.safetensors",
    "report.html",
    "tokens.json",
    "tokenizer.json",
    "training.json",
}


class Killer(Reporter):
    """Kills the run after so many epochs, as a power cut would; those of the second training count on."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self._left = after

    def epoch(self, row: dict[str, float], *, best: bool) -> None:
        super().epoch(row, best=best)
        self._left -= 1
        if not self._left:
            raise KeyboardInterrupt


def test_what_was_trained_is_kept_and_classifies(model: ModelDirectory) -> None:
    assert {file.name for file in model.path.iterdir()} == FILES
    classifier = TextClassifier.load(model.path)
    assert classifier.classify("a very good and funny film").label == "positive"
    assert classifier.classify("很 坏").label == "negative"


def test_the_figures_are_those_of_the_saved_model_on_the_test_part(
    model: ModelDirectory, corpus: Corpus
) -> None:
    test = corpus.test[:]
    truth = [tuple(corpus.labels[index] for index in row) for row in test["labels"]]
    again = evaluate(TextClassifier.load(model.path), test["text"], truth).to_dict()
    kept = json.loads((model.path / METRICS).read_text())
    assert {key: kept[key] for key in again} == json.loads(json.dumps(again))
    assert kept.keys() - again.keys() == {"baselines", "warnings"}
    assert kept["baselines"]["model"] == pytest.approx(again["accuracy"], abs=1e-4)
    assert again["accuracy"] > 0.9


def test_everything_needed_to_audit_a_model_lies_beside_it(
    model: ModelDirectory, corpus: Corpus, recipe: Recipe
) -> None:
    facts = json.loads((model.path / TRAINING).read_text())
    assert facts["recipe"] == recipe.model_dump(mode="json")
    assert facts["corpus"]["fingerprint"] == corpus.fingerprint
    assert facts["versions"]["torch"]
    assert len(facts["history"]) <= recipe.epochs


def test_the_same_seed_gives_the_same_model(
    model: ModelDirectory, corpus: Corpus, recipe: Recipe, tmp_path: Path
) -> None:
    again = train(corpus, recipe, tmp_path / "again")
    assert again is not None
    assert again.metrics() == model.metrics()
    for name, array in again.weights().items():
        np.testing.assert_array_equal(array, model.weights()[name])


@pytest.mark.parametrize("after", [1, 2, 4])
def test_a_killed_run_resumes_to_the_result_of_an_uninterrupted_one(
    model: ModelDirectory, corpus: Corpus, recipe: Recipe, tmp_path: Path, after: int
) -> None:
    out = tmp_path / "killed"
    # So that the fourth epoch, the first of the second training, is not its last.
    assert model.training()["best_epoch"] > 1
    with pytest.raises(KeyboardInterrupt):
        train(corpus, recipe, out, reporter=Killer(after))
    assert not out.exists()
    with pytest.raises(InputError, match="--resume"):
        train(corpus, recipe, out)
    with pytest.raises(ConfigError, match="seed"):
        train(corpus, recipe.model_copy(update={"seed": 1}), out, resume=True)
    resumed = train(corpus, recipe, out, resume=True)
    assert resumed is not None
    assert [path.name for path in tmp_path.iterdir()] == ["killed"]
    assert resumed.metrics() == model.metrics()
    for name, array in resumed.weights().items():
        np.testing.assert_array_equal(array, model.weights()[name])


def test_rows_split_off_for_validation_are_trained_on_in_the_end(
    model: ModelDirectory, corpus: Corpus, recipe: Recipe, tmp_path: Path
) -> None:
    once = train(corpus, recipe.model_copy(update={"refit": False}), tmp_path / "once")
    assert once is not None
    assert once.training()["refit_rows"] is None
    assert model.training()["refit_rows"] == len(corpus.train) + len(corpus.validation)
    counts = [np.asarray(each.token_counts()).sum() for each in (once, model)]
    assert counts[0] < counts[1]
    # What validation rows decided stays as they decided it, before they were trained on.
    assert model.training()["history"][-1].keys() == once.training()["history"][-1].keys()
    assert model.training()["best_epoch"] == once.training()["best_epoch"]
    assert model.config().temperature == once.config().temperature


@pytest.fixture(scope="module")
def noise(rows: list[Row]) -> Corpus:
    """A corpus of which there is nothing to learn, so that an early epoch is best."""
    chooser = random.Random(0)
    drawn = [replace(row, labels=(chooser.choice(("positive", "negative")),)) for row in rows]
    return corpus_from_rows(drawn, seed=0)


@pytest.fixture(scope="module")
def long(recipe: Recipe) -> Recipe:
    return recipe.model_copy(update={"epochs": 12, "patience": 2, "select_by": "loss"})


@pytest.mark.slow
def test_a_run_killed_after_its_best_epoch_resumes_to_the_same_result(
    noise: Corpus, long: Recipe, tmp_path: Path
) -> None:
    given = long.model_copy(update={"word_layer": 4, "adversarial": 0.03, "repeat_wholes": 2})
    whole = train(noise, given, tmp_path / "whole")
    assert whole is not None
    best = whole.training()["best_epoch"]
    assert len(whole.training()["history"]) == best + 2
    with pytest.raises(KeyboardInterrupt):
        train(noise, given, tmp_path / "killed", reporter=Killer(best + 1))
    resumed = train(noise, given, tmp_path / "killed", resume=True)
    assert resumed is not None
    for name, array in resumed.weights().items():
        np.testing.assert_array_equal(array, whole.weights()[name])


def test_the_second_training_takes_as_many_epochs_as_were_best_or_all(
    noise: Corpus, long: Recipe, begun: Begun
) -> None:
    bests = []
    for manner in ("best", "all"):
        with find_device() as device:
            trained = fit_corpus(noise, long.model_copy(update={"refit_epochs": manner}), device, begun)
        bests.append(trained.run.best_epoch)
    best = bests[0]
    assert best < 12
    assert bests == [best, best]
    assert begun.epochs == [12, best, 12, 12]


def test_sentences_among_their_phrases_are_learned_more_often(
    rows: list[Row], recipe: Recipe, begun: Begun
) -> None:
    sentences = list({row.text: row for row in rows[40:]}.values())
    places = [slice(0, 4), slice(4, 8)]
    phrases = [replace(row, text=" ".join(row.text.split()[at])) for row in sentences for at in places]
    corpus = corpus_from_rows([*sentences, *phrases], validation=rows[:40], test_share=None)
    scores = []
    for given in ({}, {"repeat_wholes": 3}, {"repeat_wholes": 1}):
        with find_device() as device:
            trained = fit_corpus(corpus, recipe.model_copy(update=given), device, begun)
        assert trained.recipe.repeat_wholes == given.get("repeat_wholes", 3)
        scores.append(trained.classifier().classify(rows[0].text).scores)
    assert scores[0] == scores[1] != scores[2]
    told = [note for note in begun.notes if "part of longer ones" in note]
    assert len(told) == 2
    wholes = len(corpus.train) - len(phrases)
    assert all(note.startswith(f"{wholes} texts come 3 times an epoch") for note in told)


def test_the_second_training_of_several_labels_keeps_the_thresholds(
    multi_label_rows: list[Row], recipe: Recipe, tmp_path: Path
) -> None:
    corpus = corpus_from_rows(multi_label_rows, seed=0)
    models = [
        train(corpus, recipe.model_copy(update={"refit": refit}), tmp_path / str(refit))
        for refit in (True, False)
    ]
    thresholds = [each.config().thresholds for each in models if each is not None]
    assert len(thresholds[0]) == 3
    assert thresholds[0] == thresholds[1]
    assert [each.training()["refit_rows"] for each in models if each is not None] == [360, None]


def test_validation_rows_that_were_given_are_never_trained_on(
    rows: list[Row], recipe: Recipe, tmp_path: Path
) -> None:
    corpus = corpus_from_rows(rows[60:], validation=rows[:60], test_share=None)
    model = train(corpus, recipe.model_copy(update={"epochs": 1}), tmp_path / "model")
    assert model is not None
    assert model.training()["refit_rows"] is None


def test_no_word_of_validation_or_test_is_in_the_vocabulary(
    rows: list[Row], recipe: Recipe, tmp_path: Path
) -> None:
    secret = [
        row.__class__(row.line, f"{row.text} zzsecret zzsecret", row.labels, "held") for row in rows[:40]
    ]
    corpus = corpus_from_rows(rows[40:], validation=secret[:20], test=secret[20:])
    model = train(corpus, recipe.model_copy(update={"epochs": 1, "min_frequency": 1}), tmp_path / "model")
    assert model is not None
    assert model.tokenizer().tokens("zzsecret film") == ["[UNK]", "film"]


@pytest.mark.parametrize(
    "option",
    [
        {"channels": "static"},
        {"channels": "multichannel", "activation": "tanh"},
        {"batch_norm": True, "word_layer": 4},
        {"pooling": "mean", "word_dropout": 0.1},
        {"pooling": "max+mean", "members": 2, "word_layer": 4},
        {"tokens": "wordpiece", "max_norm": 3.0, "label_smoothing": 0.1},
        {"class_weights": "balanced", "select_by": "macro_f1", "embedding_storage": "int8"},
        {"class_weights": {"positive": 2.0}, "select_by": "loss", "max_tokens": 4, "calibrate": False},
    ],
)
def test_every_option_trains_a_model_that_loads(
    corpus: Corpus, recipe: Recipe, tmp_path: Path, option: dict[str, Any]
) -> None:
    recipe = Recipe(**recipe.model_dump() | {"epochs": 2} | option)
    model = train(corpus, recipe, tmp_path / "model")
    assert model is not None
    classifier = TextClassifier.load(model.path)
    for text in ("", "film", "好", "unseen words " * 500):
        assert classifier.classify(text).label in ("positive", "negative")


def test_multi_label_thresholds_are_tuned_and_several_labels_given(
    multi_label_rows: list[Row], recipe: Recipe, tmp_path: Path
) -> None:
    corpus = corpus_from_rows(multi_label_rows)
    model = train(corpus, recipe.model_copy(update={"epochs": 6, "widths": (1, 2, 3)}), tmp_path / "model")
    assert model is not None
    config = model.config()
    assert config.multi_label
    assert len(config.thresholds) == 3
    prediction = TextClassifier.load(model.path).classify("good film")
    assert prediction.labels is not None
    assert "positive" in prediction.labels
    assert model.metrics()["micro_f1"] > 0.7


def test_weights_for_labels_that_the_corpus_does_not_have_are_named(
    corpus: Corpus, recipe: Recipe, tmp_path: Path
) -> None:
    wrong = recipe.model_copy(update={"class_weights": {"neutral": 2.0}})
    with pytest.raises(ConfigError, match="neutral"):
        train(corpus, wrong, tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_a_corpus_without_a_word_still_trains(recipe: Recipe, rows: list[Row], tmp_path: Path) -> None:
    marks = [
        row.__class__(row.line, "!" * (1 + index), row.labels, "marks") for index, row in enumerate(rows[:60])
    ]
    model = train(corpus_from_rows(marks), recipe, tmp_path / "model")
    assert model is not None
    assert TextClassifier.load(model.path).classify("?").label in ("positive", "negative")


def test_a_language_without_blanks_gets_pieces_and_others_words(
    rows: list[Row], recipe: Recipe, tmp_path: Path
) -> None:
    joined = [
        row.__class__(row.line, row.text.replace(" ", ""), row.labels, row.file)
        for row in rows
        if row.text.isascii()
    ]
    for name, given, kind in (("words", rows, "WordLevel"), ("pieces", joined, "WordPiece")):
        model = train(corpus_from_rows(given), recipe, tmp_path / name)
        assert model is not None
        assert json.loads(model.tokenizer().to_json())["model"]["type"] == kind


def test_training_that_diverges_is_told_and_leaves_nothing_behind(
    corpus: Corpus, recipe: Recipe, tmp_path: Path
) -> None:
    wild = recipe.model_copy(update={"learning_rate": 1e30, "dropout": 0.0})
    with pytest.raises(DivergenceError, match="Lower learning_rate"):
        train(corpus, wild, tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_was_given_other_keys_is_another_run(
    corpus: Corpus, recipe: Recipe, tmp_path: Path
) -> None:
    out = tmp_path / "model"
    given = recipe.model_copy(update={"patience": type(recipe).model_fields["patience"].default})
    with pytest.raises(KeyboardInterrupt):
        train(corpus, given, out, reporter=Killer(1))
    with pytest.raises(ConfigError, match="differs in patience"):  # it could be settled otherwise
        train(corpus, recipe, out, resume=True)


def test_no_test_row_has_a_say_in_the_kind_of_tables(rows: list[Row], recipe: Recipe, tmp_path: Path) -> None:
    corpus = corpus_from_rows(rows[:300], validation=rows[300:340], test=rows[340:])
    model = train(corpus, recipe, tmp_path / "model")
    assert model is not None
    assert model.training()["tables"]["texts"] == len(corpus.validation) != len(corpus.test)


def test_two_trainings_do_not_write_to_one_place(corpus: Corpus, recipe: Recipe, tmp_path: Path) -> None:
    out = tmp_path / "model"
    with Checkpoint(out, {}).claim(resume=False), pytest.raises(InputError, match="Another training"):
        train(corpus, recipe, out)


def test_fit_tells_what_it_expects(rows: list[Row], recipe: Recipe) -> None:
    texts, labels = [row.text for row in rows], [row.labels[0] for row in rows]
    with pytest.raises(CorpusError, match="400 texts and 399 labels"):
        fit(texts, labels[1:], recipe)
    for wrong, kind in ((None, "'NoneType'"), (3, "'int'"), ("", "an empty string")):
        with pytest.raises(CorpusError, match=f"texts:1.*'str' with {kind}"):
            fit(texts, [wrong, *labels[1:]], recipe)  # type: ignore[list-item]  # as a user may


def test_fit_gives_a_classifier_and_writes_nothing(rows: list[Row], recipe: Recipe) -> None:
    classifier = fit([row.text for row in rows], [row.labels[0] for row in rows], recipe)
    assert classifier.classify("good good film").label == "positive"
    several = fit([row.text for row in rows], [list(row.labels) for row in rows], recipe)
    assert several.labels == classifier.labels
