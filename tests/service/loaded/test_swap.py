"""Promotions under load, over real processes: no request fails, and all processes come to agree."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from tests.proof import count, proof
from textcnn.classifier import TextClassifier
from textcnn.directory import CONFIG, ModelDirectory, write_json, write_manifest
from textcnn.service.versions.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONNECTIONS = 32
PROMOTIONS, ROLLBACKS = count(few=3, full=80), count(few=1, full=20)
TEXT = "a good and warm film"


@pytest.fixture
def repository(tmp_path: Path, model_dir: Path) -> Repository:
    """`tiny` with versions that give other scores; the first is live."""
    repository = Repository(tmp_path / "data")
    for number in range(PROMOTIONS + 1):
        path = tmp_path / f"version-{number}"
        shutil.copytree(model_dir, path)
        config = json.loads((path / CONFIG).read_text())
        write_json(path / CONFIG, {**config, "temperature": 1.0 + number / 10})
        write_manifest(path)
        repository.add("tiny", path)
    repository.promote("tiny", repository.versions("tiny")[-1].version)
    return repository


@contextmanager
def serving(data: Path, workers: int) -> Iterator[tuple[str, int]]:
    """A service over a data directory: its address, and its process."""
    command = [sys.executable, "-m", "textcnn", "serve", "--port", "0", "--workers", str(workers)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "TEXTCNN_ACCESS_LOG": "false"}
    with subprocess.Popen(
        [*command, "--data-dir", str(data), "--model", "tiny"],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as server:
        assert server.stdout is not None
        try:
            found = re.search(r"127\.0\.0\.1:\d+", server.stdout.readline())
            assert found
            yield found[0], server.pid
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)


def ask(address: str) -> str:
    """The version that answers on a new connection."""
    with urllib.request.urlopen(
        f"http://{address}/v1/classify", data=json.dumps({"text": TEXT}).encode(), timeout=30
    ) as answer:
        version: str = json.load(answer)["version"]
        return version


def all_agree(address: str, version: str, seconds: float = 30) -> bool:
    """Whether every process answers with a version, before the time is up."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if all(ask(address) == version for _ in range(30)):
            return True
        time.sleep(0.1)
    return False


class Load:
    """Connections that ask without a pause, and check each answer against the version it names."""

    def __init__(self, address: str, scores: dict[str, float]) -> None:
        self._address, self._scores = address, scores
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(CONNECTIONS)]
        self.answers = 0
        self.wrong: list[str] = []
        self.seen: set[str] = set()

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        connection = HTTPConnection(self._address, timeout=30)
        body = json.dumps({"text": TEXT})
        while not self._stop.is_set():
            try:
                connection.request("POST", "/v1/classify", body)
                response = connection.getresponse()
                answer = json.loads(response.read())
                version = answer.get("version")
                if response.status != 200 or abs(answer["score"] - self._scores[version]) > 1e-6:
                    self.wrong.append(f"{response.status} {answer}")
                self.seen.add(version)
                self.answers += 1
            except (OSError, ValueError, KeyError) as error:
                self.wrong.append(repr(error))
            time.sleep(0.01)
        connection.close()


@pytest.mark.slow
@pytest.mark.timeout(3600)
@proof("a promotion or rollback under load fails no request", PROMOTIONS + ROLLBACKS)
def test_promotions_and_rollbacks_under_load_fail_no_request(repository: Repository) -> None:
    versions = [version.version for version in reversed(repository.versions("tiny"))]
    scores = {
        version.version: TextClassifier.from_directory(ModelDirectory(version.path)).classify(TEXT).score
        for version in repository.versions("tiny")
    }
    assert len(set(scores.values())) == len(versions)
    with serving(repository.root.parent, workers=1) as (address, _), Load(address, scores) as load:
        for number in range(1, PROMOTIONS + 1):
            repository.promote("tiny", versions[number])
            assert all_agree(address, versions[number])
            if number <= ROLLBACKS:
                repository.rollback("tiny")
                assert all_agree(address, versions[number - 1])
                repository.promote("tiny", versions[number])
    assert load.wrong == []
    assert load.seen == set(versions)
    assert load.answers > 100


@pytest.mark.slow
def test_two_processes_agree_on_a_promoted_version(repository: Repository) -> None:
    old, new = (repository.versions("tiny")[index].version for index in (-1, 0))
    with serving(repository.root.parent, workers=2) as (address, _):
        assert all_agree(address, old)
        repository.promote("tiny", new)
        assert all_agree(address, new)


@pytest.mark.slow
def test_a_killed_service_loses_no_upload_and_no_version(repository: Repository, tmp_path: Path) -> None:
    live = repository.live_name("tiny")
    boundary = "b"
    parts = f'--{boundary}\r\nContent-Disposition: form-data; name="corpus"; filename="a.csv"\r\n\r\n'
    body = f"{parts}text,label\na,b\n\r\n--{boundary}--\r\n".encode()
    headers = {"content-type": f"multipart/form-data; boundary={boundary}"}
    with serving(repository.root.parent, workers=1) as (address, process):
        request = urllib.request.Request(f"http://{address}/v1/models/new/train", body, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            job = json.load(answer)["id"]
        os.kill(process, signal.SIGKILL)
    with serving(repository.root.parent, workers=1) as (address, _):
        with urllib.request.urlopen(f"http://{address}/v1/jobs/{job}", timeout=30) as answer:
            assert json.load(answer)["state"] == "queued"
        assert ask(address) == live
    stored = next((repository.root.parent / "jobs" / job / "uploads").iterdir())
    assert stored.read_bytes() == b"text,label\na,b\n"
