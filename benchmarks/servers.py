"""Servers that a benchmark starts, asks and ends: ours, and those it is compared with."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textcnn.service.http.access import KeyScope

ROOT = Path(__file__).parent.parent
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Server:
    """A process that answers on a port of this machine."""

    port: int
    process: subprocess.Popen[bytes]

    def resident_bytes(self) -> int:
        """Memory that the process holds."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def running(
    command: Sequence[str], *, health: str, log: Path, environment: dict[str, str] | None = None
) -> Iterator[Server]:
    """A server that is ready; `{port}` in its command is the port that it is to listen on.

    Raises:
        RuntimeError: it ended, or did not get ready; the end of its log is told.
    """
    port = free_port()
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [each.format(port=port) for each in command],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        try:
            if not _is_ready(f"http://127.0.0.1:{port}{health}", process):
                end = log.read_text(encoding="utf-8", errors="replace")[-2000:]
                raise RuntimeError(f"{command[0]} is not ready; it said:\n{end}")
            yield Server(port, process)
        finally:
            _end(process)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def new_api_key(*scopes: KeyScope) -> tuple[str, str]:
    """A new API key, to classify with unless scopes are named, and the `TEXTCNN_KEYS` that lets it in."""
    from textcnn.service.http.access import KeyScope
    from textcnn.service.http.keys import new_key

    secret, key = new_key("benchmark", scopes or [KeyScope.CLASSIFY])
    return secret, json.dumps([key.line()])


@contextmanager
def textcnn_server(
    folder: Path,
    keys: str,
    *options: str,
    trains: bool = False,
    textcnn: Sequence[str] = (sys.executable, "-m", "textcnn"),
) -> Iterator[Server]:
    """`textcnn serve` as it runs in production, with a key, logs and metrics; the log is `FOLDER/log`.

    Without a trainer, unless told: it would take turns with what is measured. `textcnn` is the command, of
    this checkout unless told.
    """
    command = [*textcnn, "serve", "--port", "{port}", *options]
    environment = {
        "TEXTCNN_KEYS": keys,
        "TEXTCNN_DATA_DIR": str(folder / "data"),
        "TEXTCNN_WORKER": str(trains).lower(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    with running(command, health="/readyz", log=folder / "log", environment=environment) as server:
        yield server


def _is_ready(url: str, process: subprocess.Popen[bytes]) -> bool:
    started = time.monotonic()
    while time.monotonic() - started < PATIENCE and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE):
                return True
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.02)
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the server with the processes that it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            break
        os.killpg(process.pid, number)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            continue
