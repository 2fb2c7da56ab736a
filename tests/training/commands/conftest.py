from __future__ import annotations

from typer.testing import CliRunner

from textcnn.cli import build_app
from textcnn.errors import TextCNNError


def run(*arguments: object) -> str:
    """Run `textcnn ARGUMENTS` and return what it prints; its errors are raised."""
    result = CliRunner().invoke(build_app(), [str(argument) for argument in arguments])
    if isinstance(result.exception, TextCNNError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output
