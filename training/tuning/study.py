"""The study: every trial of a search, in an SQLite file, so that it can be interrupted and continued."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import optuna
from optuna.trial import TrialState

from textcnn.errors import ConfigError, InputError
from textcnn.training.tuning.search_space import as_proposed

if TYPE_CHECKING:
    from pathlib import Path

    from optuna.distributions import BaseDistribution
    from optuna.study import Study
    from optuna.trial import FrozenTrial

    from textcnn.recipe import Recipe
    from textcnn.training.data.corpus import Corpus

STUDY: Final = "study.db"
UNPRUNED: Final = 5
"""Trials that run to their end before others are measured against them."""
DEFAULTS: Final = "defaults"
"""Marks in the study what the recipe is without a search."""


def open_study(
    out: Path,
    corpus: Corpus,
    recipe: Recipe,
    settled: Recipe,
    space: dict[str, BaseDistribution],
    max_megabytes: float | None,
) -> Study:
    """Open the study in `out`, or make one there, whose first trial is the settled recipe.

    Raises:
        ConfigError: it is of another corpus, recipe or size.
        InputError: `out` holds something else.
    """
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
        known_identity = study.user_attrs.get("identity", {})
        other = [key for key in identity if known_identity.get(key) != identity[key]]
        raise ConfigError(
            f"{out} holds the search of another {' and '.join(other)}. Continue with the same, or name "
            "another directory with --out.",
            field="out",
        )
    for trial in study.get_trials(states=(TrialState.RUNNING,)):  # the process was killed in it
        study.tell(trial.number, state=TrialState.FAIL)
    if all(trial.state == TrialState.FAIL for trial in default_trials(study)):
        defaults = {key: as_proposed(key, getattr(settled, key)) for key in space}
        study.enqueue_trial(defaults, user_attrs={DEFAULTS: True})
    return study


def complete_trials(study: Study) -> list[FrozenTrial]:
    """The trials that came to their end."""
    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


def default_trials(study: Study) -> list[FrozenTrial]:
    """The trials of the defaults: the interrupted ones, and the one that was not."""
    return [trial for trial in study.get_trials(deepcopy=False) if DEFAULTS in trial.user_attrs]


def is_best(study: Study, trial: FrozenTrial) -> bool:
    """Whether no trial so far is better than this one."""
    return trial.state == TrialState.COMPLETE and study.best_trial.number == trial.number
