"""`textcnn tune`: the best recipe for a corpus, found by trying."""

# Typer reads the annotations when the command is built, so they are no strings here.
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from textcnn.commands.layout_options import takes_layout
from textcnn.errors import ConfigError, MissingExtraError
from textcnn.reading.layout import Layout


@takes_layout
def tune(
    corpus: Annotated[
        list[str], typer.Argument(help="Labelled files, folders per label, or hf:NAME; several are joined.")
    ],
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
    seed: Annotated[int | None, typer.Option(help="Short for --set seed=N.")] = None,
    multi_label: Annotated[
        bool | None,
        typer.Option(help="Texts may have several labels or none; found from the rows when not said."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Progress and result as JSON lines.")] = False,
    layout: Layout,
) -> None:
    """Search for the recipe that suits a corpus best, and write it to train with.

    The first trial is what `textcnn train` would do. Run it again to go on searching.
    """
    try:
        import optuna  # noqa: F401
        import sklearn  # noqa: F401
        import tomlkit  # noqa: F401
        import torch  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("Searching", "train,tune") from error
    from textcnn.recipe import Recipe
    from textcnn.training.commands.corpus_options import read_corpus
    from textcnn.training.progress import make_reporter
    from textcnn.training.search import RECIPE, search

    for name, value in (("minutes", minutes), ("trials", trials), ("max-size", max_size)):
        if value is not None and value <= 0:
            raise ConfigError(f"--{name} is {value}; expected more than 0.", field=name)
    chosen = Recipe.read(recipe, settings, seed=seed)
    with make_reporter("json" if as_json else "lines", sys.stdout) as reporter:
        parts = read_corpus(corpus, validation, test, layout, chosen, multi_label=multi_label)
        found = search(
            parts, chosen, out, minutes=minutes, trials=trials, max_megabytes=max_size, reporter=reporter
        )
        if as_json:
            reporter.result(
                {
                    "recipe": str(out / RECIPE),
                    "score": found.score,
                    "default_score": found.default_score,
                    "trials": found.trials,
                }
            )
            return
    typer.echo(
        f"best of {found.trials} trials: validation score {found.score:.4f}, with the defaults "
        f"{found.default}"
    )
    parts_given = [("--validation", validation), ("--test", test)]
    files = [*corpus, *(word for name, given in parts_given for file in given or [] for word in (name, file))]
    typer.echo(f"textcnn train {shlex.join(files)} --recipe {shlex.quote(str(out / RECIPE))} --out MODEL")
