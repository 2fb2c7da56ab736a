from __future__ import annotations

import csv
import json
import tomllib
from typing import TYPE_CHECKING, Any

import optuna
import pytest
from optuna.trial import TrialState
from typer.testing import CliRunner

from tests.training.tuning.conftest import SMALL
from textcnn.classifier import TextClassifier
from textcnn.cli import build_app
from textcnn.errors import ConfigError, InputError, TextCNNError
from textcnn.recipe import Recipe
from textcnn.training.data.corpus import corpus_from_rows
from textcnn.training.defaults import settle
from textcnn.training.init.choose_start import find_start
from textcnn.training.progress import Reporter
from textcnn.training.train import train
from textcnn.training.tuning.search import search
from textcnn.training.tuning.search_result import SearchResult
from textcnn.training.tuning.search_space import SPACE

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.directory import ModelDirectory
    from textcnn.reading.rows import Row
    from textcnn.training.data.corpus import Corpus
    from textcnn.training.device import Device

AMPLE = 10.0
"""Minutes that no test needs: trials are counted."""


def studied(out: Path) -> optuna.Study:
    return optuna.load_study(study_name="textcnn", storage=f"sqlite:///{out / 'study.db'}")


@pytest.mark.slow
def test_the_defaults_come_first_and_the_best_is_written_to_train_with(
    corpus: Corpus, tmp_path: Path
) -> None:
    recipe = Recipe(**SMALL, seed=3)
    found = search(corpus, recipe, tmp_path, minutes=AMPLE, trials=9, reporter=Reporter())
    study = studied(tmp_path)
    first = study.trials[0]
    assert first.params.keys() == SPACE.keys() - SMALL.keys()
    assert first.params["learning_rate"] == recipe.learning_rate
    assert first.params["dropout"] == recipe.dropout
    assert found.default_score == first.value
    assert found.default_score is not None
    assert found.score == study.best_value >= found.default_score
    written = Recipe(**tomllib.loads((tmp_path / "recipe.toml").read_text(encoding="utf-8")))
    assert written == found.best
    assert (written.seed, written.filters) == (3, 8)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "What matters" in page
    assert "<svg" in page
    assert "<script" not in page


@pytest.mark.slow
def test_a_search_goes_on_where_it_was_killed_and_refuses_another_corpus(
    corpus: Corpus, rows: list[Row], tmp_path: Path
) -> None:
    recipe = Recipe(**SMALL)
    search(corpus, recipe, tmp_path, minutes=1e-6, reporter=Reporter())
    study = studied(tmp_path)
    assert len(study.trials) == 1  # one trial is run to its end, however short the time
    killed = study.ask()
    found = search(corpus, recipe, tmp_path, minutes=AMPLE, trials=9, reporter=Reporter())
    assert studied(tmp_path).trials[killed.number].state == TrialState.FAIL
    assert found.trials == 9
    other = corpus_from_rows(rows[:300])
    with pytest.raises(ConfigError, match="another corpus"):
        search(other, recipe, tmp_path, minutes=AMPLE, trials=9, reporter=Reporter())
    with pytest.raises(ConfigError, match="another recipe"):
        search(corpus, Recipe(), tmp_path, minutes=AMPLE, trials=9, reporter=Reporter())


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def learn_at_once(_corpus: Corpus, _recipe: Recipe, _device: Device, reporter: Reporter) -> None:
    """Stand in for a training, where what it learns is of no interest."""
    reporter.epoch({"epoch": 1, "validation_score": 0.5}, best=True)


@pytest.mark.slow
def test_defaults_that_were_interrupted_are_tried_again(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = Recipe(**SMALL)
    for _ in range(2):
        with monkeypatch.context() as patched:
            patched.setattr("textcnn.training.tuning.search.fit_corpus", interrupt)
            with pytest.raises(KeyboardInterrupt):
                search(corpus, recipe, tmp_path, minutes=AMPLE, trials=5, reporter=Reporter())
    found = search(corpus, recipe, tmp_path, minutes=AMPLE, trials=1, reporter=Reporter())
    *failed, defaults = studied(tmp_path).trials
    assert [trial.state for trial in failed] == 2 * [TrialState.FAIL]
    assert all(trial.params == defaults.params for trial in failed)
    assert found.default_score == defaults.value is not None
    search(corpus, recipe, tmp_path, minutes=AMPLE, trials=4, reporter=Reporter())
    assert studied(tmp_path).trials[-1].params != defaults.params


def test_an_interrupted_search_leaves_the_best_recipe_so_far(corpus: Corpus, tmp_path: Path) -> None:
    class InterruptedAfterATrial(Reporter):
        def note(self, sentence: str) -> None:
            raise KeyboardInterrupt(sentence)

    with pytest.raises(KeyboardInterrupt):
        search(corpus, Recipe(**SMALL), tmp_path, minutes=AMPLE, trials=5, reporter=InterruptedAfterATrial())
    written = Recipe.read(tmp_path / "recipe.toml")
    assert written.learning_rate == Recipe().learning_rate  # that of the first trial
    assert (tmp_path / "report.html").exists()


@pytest.mark.slow
@pytest.mark.parametrize("given", [{"init": "base-en"}, {"init": "base-en", "epochs": 2}, {"init": "rand"}])
def test_the_recipe_of_the_defaults_decides_as_the_recipe_without_a_search(
    given: dict[str, Any], corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = Recipe(**given, embedding_dim=8)
    monkeypatch.setattr("textcnn.training.tuning.search.fit_corpus", learn_at_once)
    best = search(corpus, recipe, tmp_path, minutes=AMPLE, trials=1, reporter=Reporter()).best
    start = find_start(recipe, corpus.train[:]["text"], multi_label=False).start
    decided = settle(recipe, len(corpus.train), 2, start)
    assert settle(best, len(corpus.train), 2, start).model_dump() == decided.model_dump()


def test_a_model_to_start_from_keeps_its_shape(corpus: Corpus, model: ModelDirectory, tmp_path: Path) -> None:
    earlier = model.path
    recipe = Recipe(init=str(earlier), epochs=1, select_by="loss")
    found = search(corpus, recipe, tmp_path / "search", minutes=AMPLE, trials=3, reporter=Reporter())
    searched = set(studied(tmp_path / "search").trials[-1].params)
    assert searched.isdisjoint({"widths", "filters", "channels", "embedding_dim"})
    assert "learning_rate" in searched
    assert found.best.init == str(earlier)


def test_a_search_is_not_written_among_other_files(corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("of a model")
    with pytest.raises(InputError, match="something else than a search"):
        search(corpus, Recipe(**SMALL), tmp_path, minutes=AMPLE, trials=1, reporter=Reporter())
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


def test_a_group_of_processes_is_refused(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ConfigError, match="Searching runs in one process"):
        search(corpus, Recipe(**SMALL), tmp_path, minutes=AMPLE, trials=1, reporter=Reporter())


def test_a_first_trial_without_a_score_is_told_as_such() -> None:
    found = SearchResult(best=Recipe(), score=0.9, default_score=None, trials=2)
    assert found.default == "none, as it was given up"


@pytest.mark.slow
def test_no_model_is_larger_than_allowed(corpus: Corpus, tmp_path: Path) -> None:
    free = {key: value for key, value in SMALL.items() if key not in ("embedding_dim", "filters")}
    limit = 0.3
    found = search(
        corpus, Recipe(**free), tmp_path, minutes=AMPLE, trials=6, max_megabytes=limit, reporter=Reporter()
    )
    for trial in studied(tmp_path).trials:
        if trial.state == TrialState.COMPLETE:
            assert trial.user_attrs["megabytes"] <= limit
    model = train(corpus, found.best, tmp_path / "model")
    assert model is not None
    assert model.size() / 1e6 <= limit
    with pytest.raises(ConfigError, match="--max-size"):
        search(
            corpus,
            Recipe(),
            tmp_path / "none",
            minutes=AMPLE,
            trials=3,
            max_megabytes=0.01,
            reporter=Reporter(),
        )


def test_the_command_names_the_next_one(
    rows: list[Row], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "corpus.csv"
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("text", "label"), *((row.text, row.labels[0]) for row in rows)])
    settings = [word for key, value in SMALL.items() for word in ("--set", f"{key}={_toml(value)}")]

    def run(*arguments: object) -> str:
        result = CliRunner().invoke(build_app(), [str(argument) for argument in arguments])
        if isinstance(result.exception, TextCNNError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    out = tmp_path / "search"
    output = run("tune", file, "--out", out, "--trials", 2, *settings)
    assert f"textcnn train {file} --recipe {out / 'recipe.toml'} --out" in output
    run("train", file, "--recipe", out / "recipe.toml", "--out", tmp_path / "model")
    assert TextClassifier.load(tmp_path / "model").labels == ("negative", "positive")
    monkeypatch.chdir(tmp_path)  # --out is search where it is not given: the same search goes on
    events = run("tune", file, "--trials", 3, "--json", *settings).splitlines()
    assert json.loads(events[-1])["trials"] == 3
    with pytest.raises(ConfigError, match="expected more than 0"):
        run("tune", file, "--out", out, "--minutes", 0)


def _toml(value: object) -> str:
    return json.dumps(value if not isinstance(value, tuple) else list(value))
