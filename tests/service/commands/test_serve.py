"""The real process: started, asked, and ended by a signal."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = [sys.executable, "-m", "textcnn", "serve"]
ENVIRONMENT = {**os.environ, "PYTHONUNBUFFERED": "1"}


@pytest.mark.slow
def test_a_model_answers_over_http_until_the_process_is_told_to_end(model_dir: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "--port", "0", "--model", str(model_dir)],
        stdout=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    ) as server:
        assert server.stdout is not None
        try:
            line = server.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            assert found, line
            assert "large files wait for a worker elsewhere: the settings" in server.stdout.readline()
            body = json.dumps({"text": "a good film"}).encode()
            with urllib.request.urlopen(f"{found[0]}/v1/classify", data=body, timeout=30) as answer:
                assert json.load(answer)["model"] == "tiny"
        finally:
            server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=20) in (0, -signal.SIGTERM)


def fails(*arguments: str) -> str:
    """The message of a start that cannot work, with exit code 2."""
    done = subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=60, env=ENVIRONMENT, check=False
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_a_busy_port_is_told_in_one_line(model_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        assert f"127.0.0.1:{port}" in fails("--port", str(port), "--model", str(model_dir))


def test_a_model_that_is_not_there_is_told_in_one_line() -> None:
    assert "no model 'nowhere'" in fails("--port", "0", "--model", "nowhere")
