"""The best recipe for a corpus: Optuna proposes, short trainings answer, hopeless ones are cut short.

The study is an SQLite file, so that a search can be interrupted and continued. Recipes are compared by the
validation score alone; the test part is not looked at.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Final

import optuna
import tomlkit
from optuna.trial import TrialState

from textcnn.errors import ConfigError, DivergenceError
from textcnn.training.data.corpus_tokenizer import build_tokenizer
from textcnn.training.defaults import settle
from textcnn.training.device import find_device, require_one_process
from textcnn.training.init.choose_start import find_start
from textcnn.training.progress import Reporter
from textcnn.training.train import fit_corpus
from textcnn.training.tuning.model_size import model_megabytes
from textcnn.training.tuning.search_report import write_search_report
from textcnn.training.tuning.search_result import SearchResult
from textcnn.training.tuning.search_space import candidate_recipe, search_space
from textcnn.training.tuning.study import (
    DEFAULTS,
    complete_trials,
    default_trials,
    is_best,
    open_study,
)

if TYPE_CHECKING:
    from pathlib import Path

    from optuna.study import Study
    from optuna.trial import FrozenTrial, Trial

    from textcnn.recipe import Recipe
    from textcnn.training.data.corpus import Corpus
    from textcnn.training.device import Device

RECIPE: Final = "recipe.toml"
REPORT: Final = "report.html"


class TimeUp(Exception):  # noqa: N818  # it is no error
    """The minutes of the search are over."""


class TrialReporter(Reporter):
    """Tells Optuna each epoch's score, and ends the training where it is hopeless or time is up."""

    def __init__(self, trial: Trial, deadline: float) -> None:
        super().__init__()
        self._trial, self._deadline = trial, deadline
        self._is_default = DEFAULTS in trial.user_attrs
        self.score = -math.inf

    def epoch(self, row: dict[str, float], *, best: bool) -> None:
        """Raise TrialPruned or TimeUp where it is not worth going on."""
        super().epoch(row, best=best)
        self.score = max(self.score, row["validation_score"])
        self._trial.report(self.score, int(row["epoch"]))
        if self._is_default:  # what the others are compared with
            return
        if self._trial.should_prune():
            raise optuna.TrialPruned
        if time.monotonic() > self._deadline:
            raise TimeUp


def search(
    corpus: Corpus,
    recipe: Recipe,
    out: Path,
    *,
    minutes: float,
    trials: int | None = None,
    max_megabytes: float | None = None,
    reporter: Reporter,
) -> SearchResult:
    """Look for a better recipe for so many minutes, and write study, recipe and report to `out`, a directory.

    Recipe and report are written with each better one too. A study that lies there already is continued. The
    recipe that is given is always the first trial, and again where that was interrupted. With `trials`, the
    search ends after so many, over all sittings, if that is sooner.

    Raises:
        ConfigError: the study in `out` is of another corpus or recipe, or no trial came to its end.
    """
    require_one_process("Searching")
    deadline = time.monotonic() + 60 * minutes
    start = find_start(recipe, corpus.train[:]["text"], multi_label=corpus.multi_label).start
    settled = settle(recipe, len(corpus.train), len(corpus.labels), start)
    with find_device() as device:
        tokenizer = start.tokenizer if start else build_tokenizer(corpus, settled, device)
        space = search_space(settled, recipe, start)
        study = open_study(out, corpus, recipe, settled, space, max_megabytes)
        while _goes_on(study, deadline, trials):
            trial = study.ask(space)
            candidate = candidate_recipe(recipe, trial.params, settled)
            size = model_megabytes(
                settle(candidate, len(corpus.train), len(corpus.labels), start),
                tokenizer,
                len(corpus.labels),
            )
            trial.set_user_attr("megabytes", round(size, 2))
            if max_megabytes is not None and size > max_megabytes:
                study.tell(trial, state=TrialState.PRUNED)
                reporter.note(f"trial {trial.number}: {size:.1f} MB, too large to be tried")
            elif _try(study, trial, corpus, candidate, device, deadline):
                tried = study.trials[trial.number]
                if is_best(study, tried):
                    _write(out, study, _result(study, recipe, settled))
                reporter.note(_line(study, tried))
            else:
                break
    if not complete_trials(study):
        raise _nothing_found(study, max_megabytes, tokenizer.vocabulary_size)
    result = _result(study, recipe, settled)
    _write(out, study, result)  # the report has all trials
    return result


def _try(
    study: Study, trial: Trial, corpus: Corpus, candidate: Recipe, device: Device, deadline: float
) -> bool:
    """Train with a candidate and tell the study; false where time was up before the end."""
    trial_reporter = TrialReporter(trial, deadline)
    try:
        fit_corpus(corpus, candidate.model_copy(update={"refit": False}), device, trial_reporter)
    except (optuna.TrialPruned, DivergenceError):
        study.tell(trial, state=TrialState.PRUNED)
    except BaseException as error:
        study.tell(trial, state=TrialState.FAIL)
        if isinstance(error, TimeUp):
            return False
        raise
    else:
        study.tell(trial, trial_reporter.score)
    return True


def _nothing_found(study: Study, max_megabytes: float | None, vocabulary_size: int) -> ConfigError:
    allowed = math.inf if max_megabytes is None else max_megabytes
    large = sum(trial.user_attrs.get("megabytes", 0) > allowed for trial in study.trials)
    return ConfigError(
        f"None of {len(study.trials)} trials came to its end; {large} would have made models over the size "
        f"allowed, with {vocabulary_size:,} tokens in each. Give more --minutes or a larger --max-size, or "
        "make models smaller with --set vocabulary_size=N and --set embedding_dim=D.",
        field="max_size",
    )


def _goes_on(study: Study, deadline: float, trials: int | None) -> bool:
    """Whether to try another recipe; the defaults are tried however short the time."""
    if study.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
        return True
    tried = sum(trial.state.is_finished() for trial in study.get_trials(deepcopy=False))
    return time.monotonic() < deadline and (trials is None or tried < trials)


def _result(study: Study, recipe: Recipe, settled: Recipe) -> SearchResult:
    return SearchResult(
        best=candidate_recipe(recipe, study.best_trial.params, settled),
        score=study.best_value,
        default_score=next(
            (trial.value for trial in default_trials(study) if trial.state == TrialState.COMPLETE), None
        ),
        trials=len(study.trials),
    )


def _line(study: Study, trial: FrozenTrial) -> str:
    if trial.state != TrialState.COMPLETE:  # a pruned one has a value too: what it came to
        return f"trial {trial.number}: given up"
    best = " *" if is_best(study, trial) else ""
    return f"trial {trial.number}: validation score {trial.value:.4f}{best}"


def _write(out: Path, study: Study, result: SearchResult) -> None:
    document = tomlkit.document()
    document.add(tomlkit.comment(f"Best of {result.trials} trials: validation score {result.score:.4f}"))
    document.add(tomlkit.comment(f"(with the defaults {result.default})."))
    for key, value in result.best.given().items():
        document.add(key, value)
    (out / RECIPE).write_text(tomlkit.dumps(document), encoding="utf-8")
    write_search_report(out / REPORT, study, result)
