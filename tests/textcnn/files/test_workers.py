"""Processes that label beside the one that a person started: they end with it, however it ends."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import pytest

from tests.proof import count, proof

KILLS = count(few=2, full=50)
SECONDS = 5
"""So long a process may outlive the one that it works for."""
ROWS = 400_000

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that takes longer than the kills wait."""
    path = tmp_path_factory.mktemp("given") / "in.csv"
    path.write_text("text\n" + "a good film that is rather bad in the end\n" * ROWS, encoding="utf-8")
    return path


class Run:
    """One `textcnn classify`, and all processes that it started: they inherit a mark."""

    def __init__(self, model: Path, given: Path, target: Path) -> None:
        self._mark = f"TEXTCNN_TEST_MARK={uuid4()}"
        words = ["classify", str(model), "--input", str(given), "--output", str(target), "--replace"]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "textcnn", *words, "--workers", "3", "--resume"],
            env={**os.environ, "TEXTCNN_TEST_MARK": self._mark.partition("=")[2]},
            stderr=subprocess.DEVNULL,
        )

    def alive(self) -> list[str]:
        """Command lines of its processes."""
        alive = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if self._mark.encode() in (process / "environ").read_bytes():
                    alive.append((process / "cmdline").read_text().replace("\0", " "))
            except OSError:  # it has ended, or is somebody else's
                continue
        return alive

    def wait_for_others(self) -> None:
        while len(self.alive()) < 4 and self._process.poll() is None:
            time.sleep(0.02)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def left(self) -> list[str]:
        """The processes that are alive when their time is over."""
        deadline = time.monotonic() + SECONDS
        while (alive := self.alive()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return alive


@pytest.mark.slow
@proof("a `classify` killed at any moment leaves no process after five seconds", KILLS)
@pytest.mark.parametrize("moment", ["while the others start", "while all work"])
def test_nothing_outlives_a_killed_run(model_dir: Path, given: Path, tmp_path: Path, moment: str) -> None:
    chooser = random.Random(moment)
    for _ in range(KILLS):
        run = Run(model_dir, given, tmp_path / "out.csv")
        if moment == "while all work":
            run.wait_for_others()
            time.sleep(chooser.uniform(0, 2))
        else:
            time.sleep(chooser.uniform(0, 5))
        run.kill()
        assert run.left() == []
