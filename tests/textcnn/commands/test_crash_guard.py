"""A file that crashes what decodes it costs its command one sentence, and signals mean what they meant."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest

from textcnn.commands.crash_guard import reads_a_file

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the guard is for Linux")

CRASHING = (
    "import os, sys, time\n"
    "from textcnn import cli\n"
    "from textcnn.reading.columnar.batch_records import _CheckedReader\n"
    "def crash(*_):\n"
    "    sys.stderr.write(f'child {os.getpid()}\\n'); sys.stderr.flush()\n"
    "    os.kill(os.getpid(), int(os.environ['ENDS_BY'])) if 'ENDS_BY' in os.environ else time.sleep(60)\n"
    "_CheckedReader._check_buffers = crash\n"
    "cli.main()\n"
)
"""The command, with a decoder that ends its process by a signal, or hangs."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    table = pa.table({"text": ["a good film", "bad"] * 5, "label": ["good", "bad"] * 5})
    with pa.ipc.new_file(str(tmp_path / "a.arrow"), table.schema) as writer:
        writer.write_table(table)
    return tmp_path / "a.arrow"


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("classify MODEL --input FILE --output OUT", signal.SIGSEGV),
        ("evaluate MODEL FILE", signal.SIGSEGV),
        ("errors MODEL FILE", signal.SIGSEGV),
        ("filters MODEL --corpus FILE", signal.SIGSEGV),
        ("lint FILE", signal.SIGBUS),
        ("lint FILE", signal.SIGABRT),
    ],
)
def test_a_crash_is_a_sentence_and_an_exit_code(
    model_dir: Path, file: Path, words: str, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = file.with_name("out.csv")
    named = {"MODEL": str(model_dir), "FILE": str(file), "OUT": str(out)}
    monkeypatch.setenv("ENDS_BY", str(int(number)))
    command = [sys.executable, "-c", CRASHING, *(named.get(word, word) for word in words.split())]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert done.returncode == 2, done.stderr
    assert done.stderr.splitlines()[-1].startswith("textcnn: error: The file cannot be read: what decodes it")
    assert not out.exists()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -15), (signal.SIGKILL, -9)]
)
def test_a_signal_to_the_command_ends_it_and_its_child(file: Path, number: signal.Signals, code: int) -> None:
    command = [sys.executable, "-c", CRASHING, "lint", str(file)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        child = int(process.stderr.readline().split()[1])
        process.send_signal(number)
        assert process.wait(10) == code
    until = time.monotonic() + 5
    while _lives(child):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_child_that_is_killed_is_told_by_the_same_signal(file: Path) -> None:
    command = [sys.executable, "-c", CRASHING, "lint", str(file)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        os.kill(int(process.stderr.readline().split()[1]), signal.SIGKILL)
        assert process.wait(10) == -signal.SIGKILL


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_a_text_is_labelled_without_a_child() -> None:
    assert not reads_a_file(["classify", "sentiment", "a good film"])
    assert not reads_a_file(["serve"])
    assert reads_a_file(["classify", "sentiment", "--input=a.arrow", "--output", "b.csv"])
