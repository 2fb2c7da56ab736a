"""`report.html` of a search: what was found, what matters, and every trial."""

from __future__ import annotations

from typing import TYPE_CHECKING

import optuna

from textcnn.pages.html import cell, facts, figure, section, table, word, write_page
from textcnn.training.reports.charts import importance_chart
from textcnn.training.tuning.study import UNPRUNED, complete_trials

if TYPE_CHECKING:
    from pathlib import Path

    from optuna.study import Study
    from optuna.trial import FrozenTrial

    from textcnn.training.tuning.search_result import SearchResult


def write_search_report(path: Path, study: Study, result: SearchResult) -> None:
    """Write the page."""
    write_page(path, "textcnn: search report", "\n".join(_sections(study, result)))


def _sections(study: Study, result: SearchResult) -> list[str]:
    best_first = sorted(complete_trials(study), key=lambda trial: -float(trial.value or 0))
    keys = sorted({key for trial in best_first for key in trial.params})
    parts = [
        "<h1>Search report</h1>",
        section(
            "Found",
            facts(
                {
                    "validation score": f"{result.score:.4f}",
                    "with the recipe that was given": result.default,
                    "trials": result.trials,
                    "given up early": result.trials - len(best_first),
                }
            )
            + '<p class="note">The best of many scores on the same validation rows flatters; train with the '
            "recipe and look at its figures on test rows.</p>",
        ),
        section("Best recipe", facts(result.best.model_dump(mode="json", include=set(keys)))),
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
