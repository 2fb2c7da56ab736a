"""The command, run in this process or as a shell runs it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from textcnn import cli

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="session")
def textcnn() -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """The command as a shell runs it."""

    def run(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "textcnn", *map(str, arguments)]
        return subprocess.run(command, input=stdin, capture_output=True, check=False)

    return run


@pytest.fixture(scope="session")
def output() -> Callable[..., str]:
    """Standard output of a verb that runs in this process."""

    def run(*arguments: str | Path, stdin: bytes = b"") -> str:
        result = CliRunner().invoke(cli.build_app(), list(map(str, arguments)), input=stdin)
        if result.exception:
            raise result.exception
        return result.stdout

    return run
