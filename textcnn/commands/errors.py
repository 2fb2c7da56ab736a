"""`textcnn errors`: what a model has wrong, and what misled it."""

# Typer reads the annotations when the command is built, so they are no strings here.
from typing import TYPE_CHECKING, Annotated

import typer

from textcnn.commands.layout_options import takes_layout
from textcnn.commands.options import LabelledFile, Model
from textcnn.pages import terminal

if TYPE_CHECKING:
    from rich.console import Console

    from textcnn.insight.mistakes import Mistake, Mistakes
    from textcnn.reading.layout import Layout
    from textcnn.reading.reading import Reading

_SHOWN = 400
"""Code points of a text; --json has all."""


@takes_layout
def errors(
    model: Model,
    corpus: LabelledFile,
    *,
    top: Annotated[int, typer.Option(min=1, help="Texts that are shown of each confusion.")] = 5,
    confusions: Annotated[
        int, typer.Option(min=1, help="Confusions that are shown, the commonest first.")
    ] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Every confusion as one JSON object.")] = False,
    layout: "Layout",
) -> None:
    """Show the worst mistakes of a model on labelled texts, by what it took for what, and what misled it.

    The worst are those where the label given is furthest above the true one. Blue speaks for the label given,
    orange for the true one; above the text stand the n-grams that pulled most, with the difference that each
    makes between the two logits. Use texts that the model was not trained on.
    """
    from textcnn.classifier import TextClassifier
    from textcnn.insight.mistakes import find_mistakes
    from textcnn.reading.account import Account
    from textcnn.reading.rows import read_rows

    account, readings = Account(), list["Reading"]()
    classifier = TextClassifier.load(model)
    known = classifier.corpus_columns
    rows = read_rows(corpus, layout, known=known, account=account, tell=readings.append)
    mistakes = find_mistakes(classifier, rows, top)
    terminal.say_all((*readings[0].lines(mistakes.rows), *account.remarks()))
    if as_json:
        terminal.write_json(mistakes.to_dict())
    else:
        _show(terminal.console(), mistakes, confusions)


def _show(console: "Console", mistakes: "Mistakes", limit: int) -> None:
    console.print(f"{mistakes.wrong:,} of {mistakes.rows:,} texts are wrong.\n")
    for confusion in mistakes.confusions[:limit]:
        console.print(f"{terminal.visible(confusion.title)}: {confusion.count:,}", style="bold")
        for mistake in confusion.worst:
            _show_mistake(console, mistake)
        console.print()
    confusions_left = mistakes.confusions[limit:]
    if confusions_left:
        console.print(
            f"{len(confusions_left)} more kinds, {sum(each.count for each in confusions_left):,} in all."
        )


def _show_mistake(console: "Console", mistake: "Mistake") -> None:
    from textcnn.pages.token_map import to_terminal

    drawn = to_terminal(mistake.token_map)
    drawn.truncate(_SHOWN, overflow="ellipsis")
    pulled = ", ".join(
        f"{each.contribution:+.2f} {terminal.visible(each.text)}" for each in mistake.misleading
    )
    console.print(f"  {mistake.row.where}  wrong by {mistake.how_wrong:.3f}: {pulled}")
    console.print(drawn, "")
