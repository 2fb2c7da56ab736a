"""The programs of docs/dialects.md, run as they stand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.service.conftest import Server

PAGE = (Path(__file__).parents[4] / "docs" / "dialects.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def address(
    serving_all: Callable[..., AbstractContextManager[Server]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Where a service with the bundled models answers, as the page has it."""
    with serving_all(tmp_path_factory.mktemp("page") / "log") as server:
        yield server.url.removeprefix("http://")


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.split()[1])
def test_every_program_of_the_page_prints_what_it_promises(program: str, address: str) -> None:
    code = program.replace("localhost:8000", address)
    promises = re.findall(r"^ *print\(.*\)  # (.*)$", program, re.MULTILINE)
    assert promises
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == promises
