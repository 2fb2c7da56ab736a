"""`textcnn models`: which models are at hand."""

from pathlib import Path
from typing import Annotated, Any

import typer

from textcnn.commands.options import AsJsonList
from textcnn.errors import InputError, ModelError
from textcnn.pages import terminal

_COLUMNS = ("Model", "Labels", "Accuracy", "Macro-F1", "Size", "Version")
_LABELS_SHOWN = 4


def models(
    directories: Annotated[
        list[Path] | None, typer.Argument(metavar="DIR", help="Directories that hold model directories.")
    ] = None,
    *,
    as_json: AsJsonList = False,
) -> None:
    """List the bundled models, and those in the given directories."""
    entries = [_describe(name, path) for name, path in _named_paths(directories or [])]
    if as_json:
        terminal.write_json(entries)
        return
    console = terminal.console()
    if entries:
        console.print(terminal.table("", _COLUMNS, map(_row, entries), words=2))
    else:
        console.print("No models are bundled with this installation. Train one: textcnn train --help")


def _named_paths(directories: list[Path]) -> list[tuple[str, Path]]:
    from textcnn.catalogue import bundled_models, models_in
    from textcnn.directory import MANIFEST

    named_paths = list(bundled_models().items())
    for directory in directories:
        if not directory.is_dir():
            raise InputError(f"There is no directory {directory}.", field="directories")
        inside = list(models_in(directory).values())
        itself = [directory] if (directory / MANIFEST).is_file() else []
        named_paths += [(str(path), path) for path in itself + inside]
    return named_paths


def _describe(name: str, path: Path) -> dict[str, Any]:
    """Describe a model; a damaged one is listed with its error, and hides no other."""
    from textcnn.directory import ModelDirectory

    try:
        directory = ModelDirectory(path)
        config, metrics = directory.config(), directory.metrics()
    except ModelError as error:
        return {"name": name, "path": str(path), "error": str(error)}
    return {
        "name": name,
        "path": str(path),
        "labels": list(config.labels),
        "multi_label": config.multi_label,
        "accuracy": metrics.get("accuracy"),
        "macro_f1": metrics.get("macro_f1"),
        "size": directory.size(),
        "version": directory.version(),
    }


def _row(entry: dict[str, Any]) -> tuple[str, ...]:
    if "error" in entry:
        return entry["name"], entry["error"], "", "", "", ""
    return (
        entry["name"],
        terminal.some(entry["labels"], _LABELS_SHOWN),
        _share(entry["accuracy"]),
        _share(entry["macro_f1"]),
        terminal.disk_size(entry["size"]),
        entry["version"],
    )


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
