"""`textcnn inspect`: what a model is, layer by layer, and what is known about it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from textcnn.commands.options import Model
from textcnn.pages import terminal

if TYPE_CHECKING:
    from rich.console import Console

    from textcnn.classifier import TextClassifier
    from textcnn.directory import ModelDirectory
    from textcnn.insight.layer_table import Summary

_COLUMNS = ("Layer", "Output\nshape", "Parameters", "FLOPs\nper token", "in the\nengine", "Receptive\nfield")
_LABELS_SHOWN = 50


def inspect(
    model: Model,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Everything as JSON.")] = False,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the network, too: an .svg or .png file.")
    ] = None,
) -> None:
    """Show a model: its network as a table, labels, calibration, test figures and how it was trained."""
    from textcnn.catalogue import find_model
    from textcnn.classifier import TextClassifier
    from textcnn.insight.layer_table import summarise

    directory = find_model(model)
    classifier = TextClassifier.from_directory(directory)
    summary = summarise(classifier.config)
    if plot is not None:
        from textcnn.pages.network_diagram import draw_network

        draw_network(plot, summary, directory.path.name)
    if as_json:
        terminal.write_json(_as_dict(directory, classifier, summary))
        return
    console = terminal.console()
    _show_network(console, directory, summary)
    console.print(terminal.facts("Model", _model_facts(directory, classifier)))
    _show_history(console, directory)


def _as_dict(directory: "ModelDirectory", classifier: "TextClassifier", summary: "Summary") -> dict[str, Any]:
    return {
        "name": directory.path.name,
        "path": str(directory.path),
        "version": directory.version(),
        "size": directory.size(),
        "engine": classifier.engine.name,
        "config": classifier.config.to_dict(),
        "summary": summary.to_dict(),
        "metrics": directory.metrics(),
        "training": directory.training(),
    }


def _show_network(console: "Console", directory: "ModelDirectory", summary: "Summary") -> None:
    rows = [
        (
            layer.name,
            layer.output_shape,
            _number(layer.parameters),
            _number(layer.flops_per_token),
            _number(layer.engine_flops_per_token),
            layer.receptive_field or "text",
        )
        for layer in summary.layers
    ]
    total = (
        "total",
        "",
        _number(summary.parameters),
        _number(summary.flops_per_token),
        _number(summary.engine_flops_per_token),
        "",
    )
    table = terminal.table(f"{directory.path.name}, for a text of n tokens", _COLUMNS, rows, words=2)
    table.add_section()
    table.add_row(*total)
    console.print(table)
    console.print(f"  Parameters: {summary.trained:,} trained, {summary.fixed:,} fixed.")
    console.print(f"  The dense layer takes {summary.flops_per_text:,} FLOPs once a text.\n")


def _model_facts(directory: "ModelDirectory", classifier: "TextClassifier") -> Iterator[tuple[str, object]]:
    config = classifier.config
    kind = "any set of labels for a text" if config.multi_label else "one label for a text"
    yield "decides", kind
    yield f"{len(config.labels)} labels", terminal.some(config.labels, _LABELS_SHOWN)
    if config.multi_label:
        pairs = zip(config.labels, config.thresholds, strict=True)
        shown = [f"{label} {threshold:.3f}" for label, threshold in pairs]
        yield "thresholds", terminal.some(shown, _LABELS_SHOWN)
    yield "temperature", f"{config.temperature:.4g}"
    if config.unknown_below:
        yield "unknown below", f"{config.unknown_below:g}"
    yield "vocabulary", f"{config.network.vocabulary_size:,} tokens"
    yield "engine", classifier.engine.name
    yield "on disk", f"{terminal.disk_size(directory.size())}, embeddings as {config.embedding_storage}"
    yield "version", directory.version()
    yield "path", directory.path


def _show_history(console: "Console", directory: "ModelDirectory") -> None:
    metrics, training = directory.metrics(), directory.training()
    figures = list(terminal.figures(metrics))
    if figures:
        console.print(terminal.facts("On the test part", figures))
    training.pop("history", None)  # epoch by epoch: `report.html` draws it
    facts = [(key.replace("_", " "), text) for key, value in training.items() if (text := _brief(value))]
    if facts:
        console.print(terminal.facts("Training", facts))


def _brief(value: object) -> str:
    """A fact in a line or two: a mapping as `key value` pairs, long ones shortened."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_brief(inner)}" for key, inner in list(value.items())[:_LABELS_SHOWN])
    if isinstance(value, list):
        return " ".join(_brief(inner) for inner in value[:_LABELS_SHOWN])
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else str(value)


def _number(value: int) -> str:
    return f"{value:,}" if value else "-"
