from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import onnx
import pytest
from typer.testing import CliRunner

from textcnn.cli import build_app
from textcnn.errors import MissingExtraError, ModelNotFoundError, TextCNNError

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: object) -> str:
    """Run `textcnn export ARGUMENTS` and return what it prints; its errors are raised."""
    result = CliRunner().invoke(build_app(), ["export", *map(str, arguments)])
    if isinstance(result.exception, TextCNNError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("model", ["sentiment", "spam"])
def test_a_bundled_model_becomes_a_file_with_its_tokenizer_beside_it(model: str, tmp_path: Path) -> None:
    file = tmp_path / "new" / f"{model}.onnx"
    output = run(model, "--onnx", file)
    assert "opset 18" in " ".join(output.split())  # a long path breaks the line
    assert "tokenizer.json" in output
    onnx.checker.check_model(str(file), full_check=True)
    assert run(model, "--onnx", file, "--replace") == output


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="'nothing'"):
        run("nothing", "--onnx", tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_without_the_library_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingExtraError, match=r"textcnn\[export\]"):
        run("spam", "--onnx", tmp_path / "model.onnx")
