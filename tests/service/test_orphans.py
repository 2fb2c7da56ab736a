"""Nothing is left of a service whose first process was killed, whenever that was."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from tests.proof import count, proof

KILLS = count(few=3, full=50)
LEFT_SECONDS = 5.0

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="looks at the processes where Linux shows them"
)


def await_announcement(log: Path) -> None:
    """Wait until a service has said where it is: that is when it begins to start others."""
    until = time.monotonic() + 30
    while "Serving" not in log.read_text(encoding="utf-8"):
        assert time.monotonic() < until, log.read_text(encoding="utf-8")
        time.sleep(0.02)


@pytest.mark.slow
@proof("a service killed at any moment leaves no process after five seconds", KILLS)
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("phase", ["before", "while others start", "later"])
def test_nothing_is_left_of_a_service_that_was_killed_at_any_moment(phase: str, tmp_path: Path) -> None:
    chooser, log = random.Random(phase), tmp_path / "log"
    for kill in range(KILLS):
        mark, number = uuid.uuid4().hex, (signal.SIGKILL, signal.SIGTERM)[kill % 2]
        command = [sys.executable, "-m", "textcnn", "serve", "--port", "0", "--model", "spam"]
        command += ["--data-dir", str(tmp_path / "data"), "--workers", "12"[kill // 2 % 2]]
        environment = {**os.environ, "TEXTCNN_TEST_MARK": mark, "PYTHONUNBUFFERED": "1"}
        with log.open("w") as stream:
            process = subprocess.Popen(command, env=environment, stdout=stream, stderr=stream)
        started = time.monotonic()
        if phase != "before":
            await_announcement(log)
        # A process can end by itself when it has begun; where that takes long, so may this.
        patience = max(LEFT_SECONDS, 2 * (time.monotonic() - started))
        time.sleep(chooser.uniform(4, 6) if phase == "later" else chooser.uniform(0, 1.5))
        process.send_signal(number)
        process.wait(30)
        left = await_end(mark, patience)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        assert not left, f"{number.name}: {left}"


def await_end(mark: str, patience: float) -> dict[int, str]:
    """The processes with a mark that are left when the time is up, with their commands."""
    until = time.monotonic() + patience
    while (left := marked(mark)) and time.monotonic() < until:
        time.sleep(0.1)
    return left


def marked(mark: str) -> dict[int, str]:
    """The processes whose environment has a mark."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (path / "environ").read_bytes():
                found[int(path.name)] = (path / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
    return found
