"""`textcnn explain`: why a text got its label."""

# Typer reads the annotations when the command is built, so they are no strings here.
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from textcnn.commands.options import Model
from textcnn.errors import ConfigError, MissingExtraError
from textcnn.pages import terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from textcnn.classifier import TextClassifier
    from textcnn.directory import ModelDirectory
    from textcnn.evidence.evidence import Explanation, NGram
    from textcnn.insight.token_maps import TokenMap

_ALL = "all"
_NAMED = 5


def explain(
    model: Model,
    text: Annotated[str, typer.Argument(help="The text; - reads it from standard input.")],
    *,
    method: Annotated[
        str,
        typer.Option(
            help="evidence, occlusion, saliency, guided, grad-cam, integrated-gradients, or all of them."
        ),
    ] = "evidence",
    label: Annotated[
        str | None, typer.Option(help="The label to explain; the best one when not said.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="N-grams that are shown for a label and against it.")] = 10,
    width: Annotated[int, typer.Option(min=1, help="Tokens that occlusion takes away at once.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Everything as one JSON object.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write it as a page, too.")
    ] = None,
) -> None:
    """Show why a text gets its label: which n-grams add how much to its logit.

    The contributions and the bias sum to the logit exactly; nothing is sampled. In the text, blue speaks for
    the label and orange against it. Offsets count code points from 0.

    Other methods score tokens; the gradient ones need the extra 'train'.
    """
    from textcnn.catalogue import find_model
    from textcnn.classifier import TextClassifier

    directory = find_model(model)
    classifier = TextClassifier.from_directory(directory)
    if label is not None and label not in classifier.labels:
        shown_labels = terminal.some(classifier.labels, 20)
        raise ConfigError(f"The model has no such label; it has {shown_labels}.", field="label")
    text = sys.stdin.buffer.read().decode(errors="replace").removesuffix("\n") if text == "-" else text
    explanation = classifier.explain(text)
    explained_label = label or explanation.best
    maps = list(_maps(classifier, directory, method, text, explained_label, width))
    if html is not None:
        from textcnn.pages.evidence import write_evidence_page

        write_evidence_page(html, directory.path.name, explanation, explained_label, maps, limit=top)
    if as_json:
        terminal.write_json({**explanation.to_dict(), "maps": [each.to_dict() for each in maps]})
    else:
        _show(explanation, explained_label, maps, top)


def _maps(
    classifier: "TextClassifier",
    directory: "ModelDirectory",
    method: str,
    text: str,
    label: str,
    width: int,
) -> "Iterator[TokenMap]":
    """The tokens' scores by the method, or by each; of `all`, those that lack a library are left out."""
    from textcnn.insight.token_maps import find_method, map_tokens, method_names

    for name in method_names() if method == _ALL else (method,):
        try:
            run = find_method(name, classifier, directory, width=width)
        except MissingExtraError as error:
            if method != _ALL:
                raise
            terminal.say(str(error))
            continue
        yield map_tokens(classifier, name, run, text, label)


def _show(explanation: "Explanation", label: str, maps: "list[TokenMap]", top: int) -> None:
    console = terminal.console()
    too_low = "" if explanation.label is not None else ", too low to name a label"
    score = explanation.prediction.scores[label]
    console.print(f"{terminal.visible(label)}: score {score:.4f}{too_low}\n")
    for each in maps:
        _show_map(console, each, named=len(maps) > 1 or each.method != "evidence")
    if any(each.method == "evidence" for each in maps):
        _show_sum(console, explanation, label, top)


def _show_map(console: "Console", token_map: "TokenMap", *, named: bool) -> None:
    from textcnn.pages.token_map import strongest, to_terminal

    if named:
        pairs = [f"{score:+.3g} {terminal.visible(token)}" for token, score in strongest(token_map, _NAMED)]
        console.print(f"{token_map.method}: {', '.join(pairs) or 'nothing'}")
    console.print(to_terminal(token_map))
    console.print()


def _show_sum(console: "Console", explanation: "Explanation", label: str, top: int) -> None:
    parts = explanation.supporting(label), explanation.opposing(label)
    sums = [sum(each.contribution for each in part) for part in parts]
    console.print(
        f"logit {explanation.logits[label]:.4f} = bias {explanation.bias[label]:+.4f}, "
        f"{len(parts[0])} n-grams for it {sums[0]:+.4f}, {len(parts[1])} against it {sums[1]:+.4f}"
    )
    for title, part in zip(("For it", "Against it"), parts, strict=True):
        if part:
            console.print(terminal.table(title, ("N-gram", "Adds", "From", "To"), _rows(part[:top])))
            if part[top:]:
                console.print(
                    f"  {len(part) - top} more: {sum(each.contribution for each in part[top:]):+.4f}"
                )


def _rows(items: "list[NGram]") -> "Iterator[tuple[object, ...]]":
    for each in items:
        yield each.text, f"{each.contribution:+.4f}", each.start, each.end
