"""`textcnn train`: from a labelled corpus to a model directory, or to cross-validated figures."""

# Typer reads the annotations when the command is built, so they are no strings here.
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from textcnn.commands.layout_options import takes_layout
from textcnn.commands.options import ContradictionsOption, KnownColumnsOption, known_columns
from textcnn.errors import ConfigError
from textcnn.pages import terminal
from textcnn.training.commands.installed import require_installed
from textcnn.training.commands.training_options import (
    AsJsonLines,
    CorpusFiles,
    MultiLabel,
    OutDirectoryIfAny,
    RecipeFile,
    RecipeSettings,
    Replace,
    Resume,
    Seed,
    Source,
    TestFiles,
    ValidationFiles,
)

if TYPE_CHECKING:
    from textcnn.directory import ModelDirectory
    from textcnn.reading.layout import Layout
    from textcnn.reading.rows import Row
    from textcnn.training.cross_validation import CrossValidation
    from textcnn.training.data.corpus import Corpus
    from textcnn.training.data.labelled_files import Parts
    from textcnn.training.progress import Reporter


@takes_layout
def train(
    corpus: CorpusFiles,
    out: OutDirectoryIfAny = None,
    *,
    validation: ValidationFiles = None,
    test: TestFiles = None,
    folds: Annotated[int | None, typer.Option(help="Cross-validate instead, in so many folds.")] = None,
    init: Annotated[
        str | None,
        typer.Option(
            help="What to begin with: rand, base-en, base-zh, a file of word vectors, an encoder or an "
            "earlier model. Short for --set init=NAME."
        ),
    ] = None,
    recipe: RecipeFile = None,
    settings: RecipeSettings = None,
    seed: Seed = None,
    multi_label: MultiLabel = None,
    contradictions: ContradictionsOption = None,
    resume: Resume = False,
    replace: Replace = False,
    source: Source = "",
    baseline: Annotated[
        bool,
        typer.Option(
            "--baseline/--no-baseline",
            help="Put the accuracy of a linear model on the same rows beside the model's; at most 20 s more.",
        ),
    ] = True,
    as_json: AsJsonLines = False,
    columns: KnownColumnsOption = None,
    layout: "Layout",
) -> None:
    """Train a model on labelled texts, and report how good it is on rows it never saw.

    What is not given of validation and test rows is split off, a tenth each. The corpus is checked first;
    `textcnn lint` tells more. Rows whose text stands under several labels are left out, and told.
    """
    if (out is None) == (folds is None):
        raise ConfigError(
            "Say either --out DIR, to keep a model, or --folds N, to cross-validate.", field="out"
        )
    if folds is not None and (validation or test):
        raise ConfigError("--folds makes its own validation and test rows; leave these out.", field="folds")
    require_installed("Training", "train", "datasets", "torch")
    # Nothing here imports PyTorch: what can be wrong without it is told at once.
    from textcnn.new_directory import require_free
    from textcnn.recipe import Recipe
    from textcnn.training.data.labelled_files import read_parts
    from textcnn.training.progress import Style, make_reporter

    given_recipe = Recipe.read(recipe, settings, seed=seed, init=init)
    if out is not None:
        require_free(out, replace=replace)
    leads = os.environ.get("RANK", "0") == "0"  # of a torchrun group, one process speaks
    style: Style | None = "silent" if not leads else "json" if as_json else None
    with make_reporter(style, sys.stdout) as reporter:
        rows = read_parts(corpus, validation, test, layout, reporter.note)
        from textcnn.training.commands.corpus_files import corpus_of_parts
        from textcnn.training.cross_validation import cross_validate
        from textcnn.training.train import train as fit

        if folds is not None:
            settled = _settle(rows.train, contradictions, reporter)
            result = cross_validate(settled, folds, given_recipe, reporter, multi_label=multi_label)
            if as_json:
                reporter.result(result.to_dict())
            elif leads:
                reporter.close()
                _show_folds(result)
            return
        try:
            parts = corpus_of_parts(
                rows,
                given_recipe,
                multi_label=multi_label,
                contradictions=contradictions,
                columns=known_columns(columns),
            )
            _tell(rows, parts, contradictions, reporter)
            model = fit(
                parts,
                given_recipe,
                out or Path(),
                resume=resume,
                replace=replace,
                reporter=reporter,
                source=source,
                linear_baseline=baseline,
            )
        except KeyboardInterrupt:
            reporter.note("interrupted; the same command with --resume goes on after the last whole epoch")
            raise
    if model is not None:
        _show_model(model, as_json=as_json)


def _settle(rows: "list[Row]", contradictions: str | None, reporter: "Reporter") -> "list[Row]":
    """The rows without those of one text under several labels, which are told."""
    from textcnn.reading.contradictions import settle_contradictions

    settled = settle_contradictions(rows, contradictions or "drop")
    if settled.left_out:
        reporter.note(
            f"warning: {len(settled.left_out):,} rows left out, as their text stands under different labels; "
            "`textcnn lint` lists them"
        )
    return settled.rows


def _tell(rows: "Parts", corpus: "Corpus", contradictions: str | None, reporter: "Reporter") -> None:
    """Tell the findings of the check, and the rows that are trained on."""
    from textcnn.training.data.lint import lint_rows

    report = lint_rows(rows.train, rows.test, parts=False, contradictions=contradictions or "drop")
    for line in report.summary():
        reporter.note(line)
    for finding in report.findings:
        if finding.kind == "two-labels":
            more = ", ..." if finding.count > len(finding.lines) else ""
            reporter.note(f"left out: {', '.join(finding.lines)}{more}")
    parts = corpus.describe()["parts"]
    reporter.note(
        f"training on {parts['train']:,} rows, choosing on {parts['validation']:,}, testing on "
        f"{parts['test']:,}; {corpus.dropped:,} rows left out, as their texts are in the other parts"
    )


def _show_folds(result: "CrossValidation") -> None:
    lines = [
        [str(number), f"{fold['rows']:,}", f"{fold['accuracy']:.4f}", f"{fold['macro_f1']:.4f}"]
        for number, fold in enumerate(result.folds, start=1)
    ]
    for title, figure in (("mean", result.mean), ("sd", result.spread)):
        lines.append([title, "", f"{figure('accuracy'):.4f}", f"{figure('macro_f1'):.4f}"])
    terminal.console().print(terminal.table("Folds", ("fold", "rows", "accuracy", "macro-F1"), lines))


def _show_model(model: "ModelDirectory", *, as_json: bool) -> None:
    from textcnn.training.commands.label_figures import show_labels

    metrics: dict[str, Any] = model.metrics()
    if as_json:
        from textcnn.training.progress import JsonReporter

        JsonReporter(sys.stdout).result(
            {"model": str(model.path), "version": model.version(), "metrics": metrics}
        )
        return
    console = terminal.console()
    console.print(terminal.facts("", terminal.figures(metrics)))
    if "per_label" in metrics:
        show_labels(console, metrics["per_label"])
    for warning in metrics.get("warnings", ()):
        console.print(f"warning: {warning}", style="bold red", soft_wrap=True)
    console.print(f"{model.path}: version {model.version()}, {terminal.disk_size(model.size())}")
