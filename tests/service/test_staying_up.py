"""Real processes: slow and vanished clients, several workers, and an end that loses nothing."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from textcnn.service.http.access import KeyScope
from textcnn.service.http.keys import new_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.service.conftest import Server

ROWS = 350_000
"""Of a file that takes some seconds, as figures are summed up once a second; a little under the limit."""
SECRET = "my private words"
BODY = json.dumps({"text": SECRET}).encode()
HEAD = b"POST /v1/classify HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n"


@pytest.fixture(scope="module")
def hasty(
    serving: Callable[..., AbstractContextManager[Server]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server that gives a request half a second."""
    log = tmp_path_factory.mktemp("hasty") / "log"
    with serving(log, request_seconds="0.5", drain_seconds="0") as server:
        yield server


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=20)


def read_all(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65_536), b""))


def test_a_client_that_sends_slowly_is_refused_and_holds_nothing(hasty: Server) -> None:
    with connect(hasty) as slow:
        slow.sendall(HEAD % 1_000 + b'{"text": "')
        answer = read_all(slow)
    assert b" 408 " in answer.splitlines()[0]
    assert b'"request_timeout"' in answer
    await_true(lambda: under_way(hasty) == 0)


def test_a_client_that_vanishes_holds_nothing(hasty: Server) -> None:
    with connect(hasty) as vanishing:
        vanishing.sendall(HEAD % 1_000 + b'{"text": "')
    with connect(hasty) as vanishing:
        vanishing.sendall(HEAD % len(BODY) + BODY)
    await_true(lambda: under_way(hasty) == 0)


def test_no_line_of_the_log_holds_a_text(hasty: Server) -> None:
    with httpx.Client(base_url=hasty.url) as client:
        assert client.post("/v1/classify", content=BODY, headers={"x-request-id": "known"}).status_code == 200
    await_true(lambda: any(line["request_id"] == "known" for line in hasty.lines()))
    assert SECRET not in hasty.log.read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_request_under_way_is_answered_after_sigterm_and_new_ones_are_refused(
    serving: Callable[..., AbstractContextManager[Server]], tmp_path: Path
) -> None:
    with serving(tmp_path / "log", drain_seconds="0.5") as server, connect(server) as slow:
        slow.sendall(HEAD % len(BODY) + BODY[:5])
        await_true(lambda: under_way(server) == 1)
        server.process.send_signal(signal.SIGTERM)
        await_true(lambda: httpx.get(f"{server.url}/readyz").status_code == 503)
        late = httpx.post(f"{server.url}/v1/classify", content=BODY)
        assert (late.status_code, late.headers["connection"]) == (200, "close")
        await_true(lambda: not listens(server))
        slow.sendall(BODY[5:])
        answer = read_all(slow)
        assert b" 200 " in answer.splitlines()[0]
        assert b"connection: close" in answer
        assert server.process.wait(timeout=20) in (0, -signal.SIGTERM)


@pytest.mark.slow
def test_under_load_no_accepted_request_is_lost_when_the_process_is_told_to_end(
    serving: Callable[..., AbstractContextManager[Server]], tmp_path: Path
) -> None:
    with serving(tmp_path / "log", drain_seconds="0.3") as server:
        clients = [Client(server) for _ in range(4)]
        for client in clients:
            client.start()
        await_true(lambda: all(client.answered > 20 for client in clients))
        server.process.send_signal(signal.SIGTERM)
        for client in clients:
            client.join(timeout=20)
        assert server.process.wait(timeout=20) in (0, -signal.SIGTERM)
    assert [client.lost for client in clients] == [0] * len(clients)


@pytest.mark.slow
def test_a_file_under_way_is_answered_after_sigterm(
    serving: Callable[..., AbstractContextManager[Server]], tmp_path: Path
) -> None:
    with serving(tmp_path / "log", drain_seconds="0") as server:
        answers: list[httpx.Response] = []
        lines = "a good film and a bad film\n" * ROWS

        def ask() -> None:
            answers.append(httpx.post(f"{server.url}/v1/classify/file?name=x.txt", content=lines, timeout=60))

        asking = threading.Thread(target=ask)
        asking.start()
        await_true(lambda: "textcnn_heavy_requests 1.0" in httpx.get(f"{server.url}/metrics").text)
        server.process.send_signal(signal.SIGTERM)
        asking.join(timeout=60)
    assert answers[0].status_code == 200
    assert answers[0].headers["x-rows"] == str(ROWS)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks at the processes where Linux shows them")
def test_workers_share_the_figures_and_all_end_together(
    serving: Callable[..., AbstractContextManager[Server]], tmp_path: Path
) -> None:
    with serving(tmp_path / "log", "--workers", "2", drain_seconds="0") as server:
        for _ in range(30):  # each on a connection of its own, so that both workers get some
            assert httpx.post(f"{server.url}/v1/classify", content=BODY).status_code == 200
        await_true(lambda: figure(server, "textcnn_texts_total") == 30)
        assert figure(server, "textcnn_score_count") == 30
        prefixes = {line["request_id"].split("-")[0] for line in server.lines()}
        assert len(prefixes) == 2
        workers = children(server.process.pid)
        os.kill(workers[0], signal.SIGSTOP)
        time.sleep(1)  # its supervisor waits for an answer meanwhile, and has to see that none will come
        os.kill(workers[0], signal.SIGKILL)
        await_true(lambda: len(set(children(server.process.pid)) - set(workers)) == 1)
        await_true(lambda: figure(server, "textcnn_texts_total") == 30)
        workers = children(server.process.pid)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=30) == 0
        assert not any(lives(pid) for pid in workers)


def test_keys_are_asked_for_where_others_can_ask(model_dir: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "textcnn", "serve", "--host", "0.0.0.0", "--port", "0"]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 2
    assert "--insecure" in refused.stderr
    assert refused.stderr.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize("way", ["file", "environment", "insecure"])
def test_with_keys_or_when_told_so_others_can_ask(
    serving: Callable[..., AbstractContextManager[Server]], tmp_path: Path, way: str
) -> None:
    secret, key = new_key("ci", [KeyScope.CLASSIFY])
    (tmp_path / "keys").write_text(key.line(), encoding="utf-8")
    arguments = {"file": ["--keys-file", str(tmp_path / "keys")], "insecure": ["--insecure"]}.get(way, [])
    settings = {"keys": json.dumps([key.line()])} if way == "environment" else {}
    with serving(tmp_path / "log", "--host", "0.0.0.0", *arguments, **settings) as server:
        anybody = httpx.get(f"{server.url}/v1/info").status_code
        known = httpx.get(f"{server.url}/v1/info", headers={"authorization": f"Bearer {secret}"}).status_code
    assert (anybody, known) == (200 if way == "insecure" else 401, 200)


class Client(threading.Thread):
    """Asks until nobody takes its connection any more, and counts what it sent without getting an answer."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self._url = f"{server.url}/v1/classify"
        self.answered = self.lost = 0

    def run(self) -> None:
        with httpx.Client() as client:
            while True:
                try:
                    self.answered += client.post(self._url, content=BODY).status_code == 200
                except httpx.ConnectError:
                    return
                except httpx.HTTPError:
                    self.lost += 1


def await_true(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for what has to become true soon."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not become true"
        time.sleep(0.05)


def under_way(server: Server) -> float:
    """Requests that were not answered yet when the figures were summed up, which is done once a second."""
    return figure(server, "textcnn_requests_under_way")


def figure(server: Server, name: str) -> float:
    page = httpx.get(f"{server.url}/metrics").text
    return sum(float(value) for value in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", page, re.MULTILINE))


def listens(server: Server) -> bool:
    try:
        connect(server).close()
    except ConnectionRefusedError:
        return False
    return True


def children(pid: int) -> list[int]:
    """The workers of a process, without the helper that Python's multiprocessing starts."""
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(each) for each in told.split() if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes()]


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
