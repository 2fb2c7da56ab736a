"""The best recipe for a corpus: Optuna proposes, short trainings answer, hopeless ones are cut short.

The study is an SQLite file, so that a search can be interrupted and continued. Recipes are compared by the
validation score alone; the test part is not looked at.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import optuna
import tomlkit
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState

from textcnn.engine.weights import expected_shapes
from textcnn.errors import ConfigError, DivergenceError, InputError
from textcnn.pages.html import cell, facts, figure, section, table, word, write_page
from textcnn.recipe import Recipe
from textcnn.training.defaults import settle
from textcnn.training.device import find_place, require_one_process
from textcnn.training.init.choose_start import find_start
from textcnn.training.progress import Reporter
from textcnn.training.reports.charts import importance_chart
from textcnn.training.train import build_tokenizer, fit_corpus

if TYPE_CHECKING:
    from pathlib import Path

    from optuna.distributions import BaseDistribution
    from optuna.study import Study
    from optuna.trial import FrozenTrial, Trial

    from textcnn.tokens.tokenizer import Tokenizer
    from textcnn.training.data.corpus import Corpus
    from textcnn.training.device import Place
    from textcnn.training.init.start import Start

STUDY: Final = "study.db"
RECIPE: Final = "recipe.toml"
REPORT: Final = "report.html"

WIDTHS: Final = ("[1, 2, 3]", "[2, 3, 4]", "[3, 4, 5]", "[1, 2, 3, 4]", "[2, 3, 4, 5]")
SPACE: Final[dict[str, BaseDistribution]] = {
    "learning_rate": FloatDistribution(3e-4, 5e-3, log=True),
    "embedding_learning_rate": FloatDistribution(3e-4, 1e-2, log=True),
    "batch_size": CategoricalDistribution((16, 32, 64, 128)),
    "epochs": IntDistribution(3, 20),
    "widths": CategoricalDistribution(WIDTHS),
    "filters": IntDistribution(50, 200, step=50),
    "dropout": FloatDistribution(0.1, 0.7, step=0.1),
    "word_dropout": FloatDistribution(0.0, 0.2, step=0.05),
    "label_smoothing": FloatDistribution(0.0, 0.2, step=0.05),
}
"""What is searched, but for keys that the recipe gives."""
FROM_VECTORS: Final = {"channels": CategoricalDistribution(("static", "non-static", "multichannel"))}
FROM_NOTHING: Final = {"embedding_dim": IntDistribution(64, 320, step=64)}
UNPRUNED: Final = 5
"""Trials that run to their end before others are measured against them."""
DEFAULTS: Final = "defaults"
"""Marks in the study what the recipe is without a search."""


@dataclass(frozen=True)
class Search:
    """What a search has found so far."""

    best: Recipe
    score: float
    """The validation score of the best recipe; of the best of many it flatters."""
    default_score: float | None
    """That of the recipe that was given, with nothing searched; None where it came to no end."""

    trials: int
    """Trials that were tried, over all sittings."""

    @property
    def default(self) -> str:
        """The default score for people."""
        return "none, as it was given up" if self.default_score is None else f"{self.default_score:.4f}"


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
) -> Search:
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
    with find_place() as place:
        tokenizer = start.tokenizer if start else build_tokenizer(corpus, settled, place)
        space = _space(settled, recipe, start)
        study = _open_study(out, corpus, recipe, settled, space, max_megabytes)
        while _goes_on(study, deadline, trials):
            trial = study.ask(space)
            candidate = _candidate(recipe, trial.params, settled)
            size = model_megabytes(
                settle(candidate, len(corpus.train), len(corpus.labels), start),
                tokenizer,
                len(corpus.labels),
            )
            trial.set_user_attr("megabytes", round(size, 2))
            if max_megabytes is not None and size > max_megabytes:
                study.tell(trial, state=TrialState.PRUNED)
                reporter.note(f"trial {trial.number}: {size:.1f} MB, too large to be tried")
            elif _try(study, trial, corpus, candidate, place, deadline):
                tried = study.trials[trial.number]
                if _is_best(study, tried):
                    _write(out, study, _found(study, recipe, settled))
                reporter.note(_line(study, tried))
            else:
                break
    if not _complete(study):
        raise _nothing_found(study, max_megabytes, tokenizer.vocabulary_size)
    found = _found(study, recipe, settled)
    _write(out, study, found)  # the report has all trials
    return found


def _try(
    study: Study, trial: Trial, corpus: Corpus, candidate: Recipe, place: Place, deadline: float
) -> bool:
    """Train with a candidate and tell the study; false where time was up before the end."""
    told = TrialReporter(trial, deadline)
    try:
        fit_corpus(corpus, candidate.model_copy(update={"refit": False}), place, told)
    except (optuna.TrialPruned, DivergenceError):
        study.tell(trial, state=TrialState.PRUNED)
    except BaseException as error:
        study.tell(trial, state=TrialState.FAIL)
        if isinstance(error, TimeUp):
            return False
        raise
    else:
        study.tell(trial, told.score)
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


def model_megabytes(recipe: Recipe, tokenizer: Tokenizer, labels: int) -> float:
    """About how large a model's directory is; for what tells about it, a little more than was measured."""
    tokens = tokenizer.vocabulary_size
    size = len(tokenizer.to_json().encode())
    for name, shape in expected_shapes(recipe.network(tokens, labels)).items():
        stored = 4 * math.prod(shape)
        if recipe.embedding_storage == "int8" and name.endswith("embedding.weight"):
            stored = math.prod(shape) + 4 * shape[0]  # a scale for each row
        size += stored
    # Report and card; how often each token was seen; figures of each label and pair of labels.
    size += 80_000 + 4 * tokens + 2_000 * labels + 12 * labels**2
    return size / 1e6


def _space(settled: Recipe, given: Recipe, start: Start | None) -> dict[str, BaseDistribution]:
    space = SPACE | (FROM_NOTHING if settled.channels == "rand" else FROM_VECTORS)
    fixed = given.model_fields_set | set(start.shape if start else ())
    return {key: space[key] for key in space if key not in fixed}


def _open_study(
    out: Path,
    corpus: Corpus,
    recipe: Recipe,
    settled: Recipe,
    space: dict[str, BaseDistribution],
    max_megabytes: float | None,
) -> Study:
    if out.exists() and not (out / STUDY).exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(
            f"{out} holds something else than a search. Name an empty or a new directory with --out.",
            field="out",
        )
    out.mkdir(parents=True, exist_ok=True)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = f"sqlite:///{(out / STUDY).absolute()}"
    study = optuna.create_study(
        storage=storage, study_name="textcnn", direction="maximize", load_if_exists=True
    )
    # A sampler has its own random numbers: continued with the same ones it would propose the same again.
    study.sampler = optuna.samplers.TPESampler(seed=recipe.seed + len(study.trials))
    study.pruner = optuna.pruners.MedianPruner(n_startup_trials=UNPRUNED, n_warmup_steps=1)
    identity = {
        "corpus": corpus.fingerprint,
        "recipe": recipe.given(),
        "max_size": max_megabytes,
    }
    if not study.trials:
        study.set_user_attr("identity", identity)
    elif study.user_attrs.get("identity") != identity:
        found = study.user_attrs.get("identity", {})
        other = [key for key in identity if found.get(key) != identity[key]]
        raise ConfigError(
            f"{out} holds the search of another {' and '.join(other)}. Continue with the same, or name "
            "another directory with --out.",
            field="out",
        )
    for trial in study.get_trials(states=(TrialState.RUNNING,)):  # the process was killed in it
        study.tell(trial.number, state=TrialState.FAIL)
    if all(trial.state == TrialState.FAIL for trial in _defaults(study)):
        defaults = {key: _coded(key, getattr(settled, key)) for key in space}
        study.enqueue_trial(defaults, user_attrs={DEFAULTS: True})
    return study


def _coded(key: str, value: Any) -> Any:  # noqa: ANN401  # a recipe's value
    """A value as the study keeps it: a choice is a string."""
    return str(list(value)) if key == "widths" else value


def _candidate(recipe: Recipe, params: dict[str, Any], settled: Recipe) -> Recipe:
    """The recipe with what was proposed; `settled` is it with nothing proposed.

    It says how many epochs the second training takes: the rule for given ones, which may be many for early
    stopping to end, is not meant for proposed ones.
    """
    chosen: dict[str, Any] = {
        key: round(value, 6) if isinstance(value, float) else value for key, value in params.items()
    }
    if "widths" in chosen:
        chosen["widths"] = tuple(int(width) for width in chosen["widths"].strip("[]").split(","))
    given = {key: getattr(recipe, key) for key in recipe.model_fields_set}
    return Recipe(**given | {"refit_epochs": settled.refit_epochs} | chosen)


def _goes_on(study: Study, deadline: float, trials: int | None) -> bool:
    """Whether to try another recipe; the defaults are tried however short the time."""
    if study.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
        return True
    tried = sum(trial.state.is_finished() for trial in study.get_trials(deepcopy=False))
    return time.monotonic() < deadline and (trials is None or tried < trials)


def _complete(study: Study) -> list[FrozenTrial]:
    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


def _defaults(study: Study) -> list[FrozenTrial]:
    """The trials of the defaults: the interrupted ones, and the one that was not."""
    return [trial for trial in study.get_trials(deepcopy=False) if DEFAULTS in trial.user_attrs]


def _is_best(study: Study, trial: FrozenTrial) -> bool:
    return trial.state == TrialState.COMPLETE and study.best_trial.number == trial.number


def _found(study: Study, recipe: Recipe, settled: Recipe) -> Search:
    return Search(
        best=_candidate(recipe, study.best_trial.params, settled),
        score=study.best_value,
        default_score=next(
            (trial.value for trial in _defaults(study) if trial.state == TrialState.COMPLETE), None
        ),
        trials=len(study.trials),
    )


def _line(study: Study, trial: FrozenTrial) -> str:
    if trial.state != TrialState.COMPLETE:  # a pruned one has a value too: what it came to
        return f"trial {trial.number}: given up"
    best = " *" if _is_best(study, trial) else ""
    return f"trial {trial.number}: validation score {trial.value:.4f}{best}"


def _write(out: Path, study: Study, found: Search) -> None:
    document = tomlkit.document()
    document.add(tomlkit.comment(f"Best of {found.trials} trials: validation score {found.score:.4f}"))
    document.add(tomlkit.comment(f"(with the defaults {found.default})."))
    for key, value in found.best.given().items():
        document.add(key, value)
    (out / RECIPE).write_text(tomlkit.dumps(document), encoding="utf-8")
    write_page(out / REPORT, "textcnn: search report", "\n".join(_report(study, found)))


def _report(study: Study, found: Search) -> list[str]:
    best_first = sorted(_complete(study), key=lambda trial: -float(trial.value or 0))
    keys = sorted({key for trial in best_first for key in trial.params})
    parts = [
        "<h1>Search report</h1>",
        section(
            "Found",
            facts(
                {
                    "validation score": f"{found.score:.4f}",
                    "with the recipe that was given": found.default,
                    "trials": found.trials,
                    "given up early": found.trials - len(best_first),
                }
            )
            + '<p class="note">The best of many scores on the same validation rows flatters; train with the '
            "recipe and look at its figures on test rows.</p>",
        ),
        section("Best recipe", facts(found.best.model_dump(mode="json", include=set(keys)))),
    ]
    if len(best_first) >= UNPRUNED and len({trial.value for trial in best_first}) > 1:
        importances = optuna.importance.get_param_importances(study)
        parts.append(section("What matters", figure("Importance of each key", importance_chart(importances))))
    rows = (
        [word(str(trial.number)), cell(f"{trial.value:.4f}"), *(_value(trial, key) for key in keys)]
        for trial in best_first
    )
    return [*parts, section("Trials", table(("trial", "score", *keys), rows))]


def _value(trial: FrozenTrial, key: str) -> str:
    value = trial.params.get(key, "")
    return cell(f"{value:.3g}" if isinstance(value, float) else str(value))
