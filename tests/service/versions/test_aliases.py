"""Aliases name what is there, whoever promotes, rolls back, removes, prunes and uploads at once."""

from __future__ import annotations

import io
import random
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.proof import count, proof
from textcnn.directory import TRAINING, ModelDirectory, write_json, write_manifest
from textcnn.service.versions.archive import pack
from textcnn.service.versions.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.service.conftest import Server

SECONDS = count(few=4, full=60)
CLIENTS = 10
EXPECTED = {200, 201, 204, 404, 409}


class Client(threading.Thread):
    """Changes versions at random until told to end, and counts the answers."""

    def __init__(self, url: str, packed: dict[str, bytes], done: threading.Event, seed: int) -> None:
        super().__init__(daemon=True)
        self._url, self._packed, self._done = f"{url}/v1/models/tiny", packed, done
        self._chooser = random.Random(seed)
        self.statuses: Counter[int] = Counter()
        self.unexpected: list[str] = []

    def run(self) -> None:
        with httpx.Client(timeout=60) as client:
            while not self._done.is_set():
                answer = self._ask(client)
                self.statuses[answer.status_code] += 1
                if answer.status_code not in EXPECTED:
                    self.unexpected.append(f"{answer.request.method} {answer.request.url}: {answer.text}")

    def _ask(self, client: httpx.Client) -> httpx.Response:
        version = self._chooser.choice(list(self._packed))
        match self._chooser.randrange(6):
            case 0:
                return client.post(f"{self._url}/rollback")
            case 1:
                return client.post(f"{self._url}/versions", content=self._packed[version])
            case 2 | 3:
                return client.delete(f"{self._url}/versions/{version}")
            case _:
                return client.post(f"{self._url}/versions/{version}/promote")


def prune(data: Path, done: threading.Event) -> None:
    """Prune as the command line does, from a process of its own."""
    while not done.wait(0.2):
        Repository(data).prune("tiny", keep=1)


def named(repository: Repository) -> dict[str, str]:
    """The aliases that name versions, and the first of the versions that are not there."""
    home = repository.home("tiny")
    with home.changing():
        aliases = home.aliases() or {}
        there = {path.name for path in home.version_paths()}
    return {
        alias: aliases[alias] for alias in ("live", "previous") if aliases.get(alias) not in (None, *there)
    }


@pytest.mark.slow
@pytest.mark.timeout(240)
@proof("a second of changes by ten clients leaves no alias that names nothing", SECONDS)
def test_aliases_name_what_is_there_under_ten_clients_of_two_processes(
    serving_all: Callable[..., AbstractContextManager[Server]], model_dir: Path, tmp_path: Path
) -> None:
    data, packed = tmp_path / "data", variants(model_dir, tmp_path)
    repository = Repository(data)
    repository.promote("tiny", repository.add("tiny", model_dir).version)
    for number in range(
        len(packed)
    ):  # an upload of what is not there takes seconds: a process tries it first
        repository.add("tiny", tmp_path / f"variant-{number}")
    settings = {"data_dir": str(data), "models": '["tiny"]', "worker": "false"}
    done = threading.Event()
    with (
        serving_all(tmp_path / "log1", **settings) as first,
        serving_all(tmp_path / "log2", **settings) as second,
    ):
        urls = [first.url, second.url]
        clients = [Client(urls[number % 2], packed, done, number) for number in range(CLIENTS)]
        pruner = threading.Thread(target=prune, args=(data, done), daemon=True)
        for thread in (*clients, pruner):
            thread.start()
        try:
            for _ in range(SECONDS):
                time.sleep(1)
                assert named(repository) == {}
                for url in urls:
                    assert httpx.get(f"{url}/v1/models/tiny/versions", timeout=30).status_code == 200
        finally:
            done.set()
            for thread in (*clients, pruner):
                thread.join(60)
    assert [line for client in clients for line in client.unexpected] == []
    statuses = sum((client.statuses for client in clients), Counter())
    assert sum(statuses[done_well] for done_well in (200, 201, 204)) > SECONDS
    assert named(repository) == {}


def variants(model_dir: Path, tmp_path: Path) -> dict[str, bytes]:
    """Packed versions of one model, by their names."""
    packed = {}
    for number in range(4):
        path = tmp_path / f"variant-{number}"
        path.mkdir()
        for file in model_dir.iterdir():
            (path / file.name).write_bytes(file.read_bytes())
        write_json(path / TRAINING, {"number": number})
        write_manifest(path)
        stream = io.BytesIO()
        pack(ModelDirectory(path), stream)
        packed[ModelDirectory(path).version()] = stream.getvalue()
    return packed
