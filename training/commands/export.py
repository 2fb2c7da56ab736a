"""`textcnn export`: a model in a form that other runtimes read."""

# Typer reads the annotations when the command is built, so they are no strings here.
from pathlib import Path
from typing import Annotated

import typer

from textcnn.commands.options import Model
from textcnn.errors import MissingExtraError
from textcnn.pages import terminal


def export(
    model: Model,
    *,
    file: Annotated[
        Path, typer.Option("--onnx", metavar="FILE", help="The file to write; its name ends in .onnx.")
    ],
    replace: Annotated[bool, typer.Option("--replace", help="Write over files that are there.")] = False,
) -> None:
    """Write a model as an ONNX file, with tokenizer.json beside it.

    The file takes token ids, and gives logits and calibrated scores, for any batch and any length. Labels,
    thresholds and the model's version are in its metadata.
    """
    _require_libraries()
    from textcnn.catalogue import find_model
    from textcnn.training.export import export_onnx
    from textcnn.training.onnx_graph import OPSET

    directory = find_model(model)
    export_onnx(directory, file, replace=replace)
    size = terminal.disk_size(file.stat().st_size)
    terminal.console().print(f"{file}: version {directory.version()}, opset {OPSET}, {size}")
    terminal.console().print(f"{file.with_name('tokenizer.json')}: its tokenizer")


def _require_libraries() -> None:
    try:
        import onnx  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("The export", "export") from error
