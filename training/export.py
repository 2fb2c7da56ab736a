"""A model as an ONNX file, its `tokenizer.json` beside it; `onnx_graph` tells what it computes."""

from __future__ import annotations

import json
import os
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from onnx import helper

from textcnn.directory import MANIFEST, TOKENIZER
from textcnn.errors import InputError, ModelError
from textcnn.training.onnx_graph import OPSET, make_graph

if TYPE_CHECKING:
    from onnx import ModelProto

    from textcnn.config import ModelConfig
    from textcnn.directory import ModelDirectory
    from textcnn.training.onnx_graph import Arrays

IR_VERSION: Final = 8
"""The oldest file format that may hold this opset."""
SUFFIX: Final = ".onnx"

_LARGEST_FILE: Final = 2**31 - 2**20
"""Bytes of numbers: a file of protocol buffers ends at 2 GiB."""


def export_onnx(directory: ModelDirectory, file: Path, *, replace: bool = False) -> None:
    """Write a model as an ONNX file, and its `tokenizer.json` beside it; a reader sees whole files alone.

    Raises:
        InputError: the name does not end in `.onnx`, or another file is in the way.
        ModelDirectoryError: a file of the model is missing, truncated or altered.
        ModelError: the model is too large for one ONNX file.
    """
    tokenizer = directory.tokenizer().to_json().encode()
    _require_free(file, tokenizer, replace=replace)
    model = make_onnx(directory.config(), directory.stored_weights(), directory.version())
    file.parent.mkdir(parents=True, exist_ok=True)
    _write(file.with_name(TOKENIZER), tokenizer)
    _write(file, model.SerializeToString())


def make_onnx(config: ModelConfig, arrays: Arrays, model_version: str) -> ModelProto:
    """The ONNX model of a configuration and its arrays.

    Raises:
        ModelError: the arrays are too large for one ONNX file.
    """
    if sum(array.nbytes for array in arrays.values()) > _LARGEST_FILE:
        raise ModelError("The model has more than 2 GiB of numbers, and an ONNX file cannot hold so many.")
    model = helper.make_model(
        make_graph(config, arrays),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="textcnn",
        producer_version=version("textcnn"),
    )
    helper.set_model_props(model, _metadata(config, model_version))
    return model


def _metadata(config: ModelConfig, model_version: str) -> dict[str, str]:
    """The meaning of the numbers, by name; each value but the version is JSON."""
    return {
        "version": model_version,
        "labels": json.dumps(config.labels, ensure_ascii=False),
        "multi_label": json.dumps(config.multi_label),
        "temperature": json.dumps(config.temperature),
        "thresholds": json.dumps(config.thresholds),
        "unknown_below": json.dumps(config.unknown_below),
        "opset": json.dumps(OPSET),
    }


def _require_free(file: Path, tokenizer: bytes, *, replace: bool) -> None:
    """Make sure that the ONNX file and the tokenizer beside it may be written."""
    beside = file.with_name(TOKENIZER)
    if file.suffix != SUFFIX or file.is_dir():
        raise InputError(f"{file} cannot be an ONNX file. Name a file that ends in {SUFFIX}.", field="onnx")
    if file.exists() and not replace:
        raise InputError(f"{file} exists. Name another file, or say --replace.", field="onnx")
    if not beside.exists() or (beside.is_file() and beside.read_bytes() == tokenizer):
        return
    if beside.with_name(MANIFEST).exists():
        raise InputError(
            f"{beside.parent} is the directory of another model, whose {TOKENIZER} is not this one's. "
            "Name a file in another directory.",
            field="onnx",
        )
    if not replace:
        raise InputError(
            f"{beside} is the tokenizer of another model, and this model's belongs there. "
            "Name a file in another directory, or say --replace.",
            field="onnx",
        )


def _write(path: Path, data: bytes) -> None:
    """Write a file into a temporary sibling, which then gets its name."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        temporary.chmod(0o644)  # mkstemp's are for their owner alone
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
