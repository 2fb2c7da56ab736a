"""`textcnn tune`: the best recipe for a corpus, found by trying."""

# Typer reads the annotations when the command is built, so they are no strings here.
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from textcnn.commands.layout_options import takes_layout
from textcnn.errors import ConfigError
from textcnn.pages import terminal
from textcnn.reading.layout import Layout
from textcnn.training.commands.installed import require_installed
from textcnn.training.commands.training_options import AsJsonLines, CorpusFiles, MultiLabel, Seed


@takes_layout
def tune(
    corpus: CorpusFiles,
    out: Annotated[
        Path, typer.Option(help="The directory for study.db, recipe.toml and report.html; one there goes on.")
    ] = Path("search"),
    minutes: Annotated[float, typer.Option(help="Propose no more recipes after so long.")] = 30.0,
    *,
    trials: Annotated[
        int | None, typer.Option(help="Try so many recipes at most, over all sittings.")
    ] = None,
    max_size: Annotated[
        float | None,
        typer.Option("--max-size", help="Largest model to consider, in MB on disk, all its files."),
    ] = None,
    validation: Annotated[
        list[str] | None, typer.Option(help="Rows to compare recipes by; split off where not given.")
    ] = None,
    test: Annotated[
        list[str] | None,
        typer.Option(help="Rows that you will test on: they stay out of the search."),
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option(help="A TOML file of choices; what it gives is not searched.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="One choice, key=value, that is not searched.")
    ] = None,
    seed: Seed = None,
    multi_label: MultiLabel = None,
    as_json: AsJsonLines = False,
    layout: Layout,
) -> None:
    """Search for the recipe that suits a corpus best, and write it to train with.

    The first trial is what `textcnn train` would do. Run it again to go on searching.
    """
    for name, value in (("minutes", minutes), ("trials", trials), ("max-size", max_size)):
        if value is not None and value <= 0:
            raise ConfigError(f"--{name} is {value}; expected more than 0.", field=name)
    require_installed("Searching", "train,tune", "optuna", "sklearn", "tomlkit", "torch")
    # Nothing here imports PyTorch: what can be wrong without it is told at once.
    from textcnn.recipe import Recipe
    from textcnn.training.data.labelled_files import read_parts
    from textcnn.training.progress import make_reporter

    given_recipe = Recipe.read(recipe, settings, seed=seed)
    with make_reporter("json" if as_json else "lines", sys.stdout) as reporter:
        rows = read_parts(corpus, validation, test, layout, reporter.note)
        from textcnn.training.commands.corpus_files import corpus_of_parts
        from textcnn.training.tuning.search import RECIPE, search

        parts = corpus_of_parts(rows, given_recipe, multi_label=multi_label)
        result = search(
            parts,
            given_recipe,
            out,
            minutes=minutes,
            trials=trials,
            max_megabytes=max_size,
            reporter=reporter,
        )
        if as_json:
            reporter.result(
                {
                    "recipe": str(out / RECIPE),
                    "score": result.score,
                    "default_score": result.default_score,
                    "trials": result.trials,
                }
            )
            return
    terminal.write_line(
        f"best of {result.trials} trials: validation score {result.score:.4f}, with the defaults "
        f"{result.default}"
    )
    parts_given = [("--validation", validation), ("--test", test)]
    files = [*corpus, *(word for name, paths in parts_given for path in paths or [] for word in (name, path))]
    terminal.write_line(
        f"textcnn train {shlex.join(files)} --recipe {shlex.quote(str(out / RECIPE))} --out MODEL"
    )
