"""`textcnn audit`: the rows of a corpus that are probably labelled wrongly."""

# Typer reads the annotations when the command is built, so they are no strings here.
import csv
import sys
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Annotated

import typer

from textcnn.commands.layout_options import takes_layout
from textcnn.errors import InputError
from textcnn.pages import terminal
from textcnn.training.commands.installed import require_installed
from textcnn.training.commands.training_options import (
    AsJsonLines,
    CorpusFiles,
    MultiLabel,
    RecipeFile,
    RecipeSettings,
)

if TYPE_CHECKING:
    from textcnn.reading.layout import Layout
    from textcnn.training.audit import Audit

_SHOWN = 20
_LONGEST = 60


@takes_layout
def audit(
    corpus: CorpusFiles,
    out: Annotated[Path | None, typer.Option(help="A CSV file for all suspects.")] = None,
    *,
    folds: Annotated[int, typer.Option(help="How many models judge the corpus, each a part of it.")] = 5,
    recipe: RecipeFile = None,
    settings: RecipeSettings = None,
    multi_label: MultiLabel = None,
    replace: Annotated[bool, typer.Option("--replace", help="Write over the file in --out.")] = False,
    as_json: AsJsonLines = False,
    layout: "Layout",
) -> None:
    """Name the rows whose labels are most in doubt, those to look at first on top.

    Every row is judged by a model that was trained without its text. Nothing is changed: mend the corpus
    where you agree.
    """
    require_installed("Auditing", "train,audit", "cleanlab", "torch")
    # Nothing here imports PyTorch: what can be wrong without it is told at once.
    from textcnn.recipe import Recipe
    from textcnn.training.data.labelled_files import read_parts
    from textcnn.training.progress import make_reporter

    if out is not None and out.exists() and not replace:
        raise InputError(f"{out} exists. Say --replace to write over it.", field="out")
    if out is not None:
        _require_writable(out)
    given_recipe = Recipe.read(recipe, settings)
    with make_reporter("json" if as_json else None, sys.stdout) as reporter:
        rows = read_parts(corpus, None, None, layout, reporter.note).train
        from textcnn.training.audit import audit_rows

        result = audit_rows(rows, folds, given_recipe, reporter, multi_label=multi_label)
        if out is not None:
            _write(out, result)
        if as_json:
            reporter.result(
                {"rows": len(rows), "suspects": [suspect.to_dict() for suspect in result.suspects]}
            )
            return
    _show(result, len(rows), out)


def _require_writable(out: Path) -> None:
    """Say before hours of training that their result cannot be kept."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=out.parent):
            pass
    except OSError as error:
        raise InputError(
            f"{out} cannot be written: {error.strerror}. Name another place with --out.", field="out"
        ) from error


def _write(out: Path, result: "Audit") -> None:
    temporary = out.with_name(f"{out.name}.tmp")
    with temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["file", "line", "label", "suggested", "quality", "text"])
        writer.writeheader()
        writer.writerows(suspect.to_dict() for suspect in result.suspects)
    temporary.replace(out)


def _show(result: "Audit", rows: int, out: Path | None) -> None:
    console = terminal.console()
    lines = [
        (
            suspect.row.where,
            "|".join(suspect.row.labels),
            "|".join(suspect.suggested),
            _short(suspect.row.text),
            f"{suspect.quality:.3f}",
        )
        for suspect in result.suspects[:_SHOWN]
    ]
    if lines:
        columns = ("where", "label", "rather", "text", "quality")
        console.print(terminal.table("Labels in doubt", columns, lines, words=4))
    console.print(f"{len(result.suspects):,} of {rows:,} rows are probably labelled wrongly")
    if out is not None:
        console.print(f"all of them are in {out}")
    elif len(result.suspects) > _SHOWN:
        console.print(f"the first {_SHOWN} are shown; --out FILE.csv writes all")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
