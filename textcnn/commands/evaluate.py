"""`textcnn evaluate`: how good a model is on a labelled corpus."""

# Typer reads the annotations when the command is built, so they are no strings here.
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from textcnn.commands.layout_options import takes_layout
from textcnn.commands.options import LabelledFile, Model, UnknownBelow
from textcnn.evaluation.figure_names import OF_A_LABEL
from textcnn.pages import terminal

if TYPE_CHECKING:
    from rich.console import Console

    from textcnn.reading.layout import Layout
    from textcnn.reading.reading import Reading

_WIDEST_MATRIX = 12
_CONFUSIONS = 10


@takes_layout
def evaluate(
    model: Model,
    corpus: LabelledFile,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Every figure as one JSON object.")] = False,
    unknown_below: UnknownBelow = None,
    layout: "Layout",
) -> None:
    """Judge a model on labelled texts: accuracy, F1, confusions, calibration, with 95 % intervals.

    Use texts that the model was not trained on.
    """
    from textcnn.classifier import TextClassifier
    from textcnn.evaluation.evaluation import evaluate_rows
    from textcnn.reading.account import Account
    from textcnn.reading.rows import read_rows

    account = Account()
    classifier = TextClassifier.load(model, unknown_below=unknown_below)
    known, readings = classifier.corpus_columns, list["Reading"]()
    rows = read_rows(corpus, layout, known=known, account=account, tell=readings.append)
    figures = evaluate_rows(classifier, rows).to_dict()
    terminal.say_all((*readings[0].lines(figures["rows"]), *account.remarks()))
    if as_json:
        terminal.write_json(figures | account.counts())
    else:
        _show(figures)


def _show(figures: dict[str, Any]) -> None:
    console = terminal.console()
    console.print(terminal.facts("", terminal.figures(figures)))
    names = (name[0].upper() + name[1:] for name in OF_A_LABEL.values())
    head = ("Label", "Rows", *(cell for name in names for cell in (name, "95 %")))
    console.print(terminal.table("Labels", head, _label_rows(figures["per_label"])))
    if "confusion" in figures:
        _show_confusions(console, figures["confusion"])


def _label_rows(labels: dict[str, dict[str, Any]]) -> Iterator[list[str]]:
    for label, scores in labels.items():
        row = [label, f"{scores['support']:,}"]
        for key in OF_A_LABEL:
            low, high = scores[f"{key}_interval"]
            row += [f"{scores[key]:.3f}", f"{low:.3f}-{high:.3f}"]
        yield row


def _show_confusions(console: "Console", confusion: dict[str, Any]) -> None:
    """The whole matrix where it fits a screen, or else the commonest confusions."""
    from textcnn.confusion import matrix_of_pairs, mistaken_pairs  # it imports NumPy

    labels = confusion["labels"]
    if len(labels) <= _WIDEST_MATRIX:
        matrix = matrix_of_pairs(confusion)
        rows = [[label, *map(str, row)] for label, row in zip(labels, matrix, strict=True)]
        head = ("truth \\ prediction", *map(terminal.visible, labels))
        console.print(terminal.table("Confusions", head, rows))
        return
    wrong = mistaken_pairs(confusion, _CONFUSIONS)
    rows = [[true, predicted, f"{texts:,}"] for true, predicted, texts in wrong]
    console.print(terminal.table("Commonest confusions", ("These are", "taken for", "Texts"), rows, words=2))
