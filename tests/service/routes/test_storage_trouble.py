"""A disk that is full, a database that is locked or gone: 503 with its code, and nothing half."""

from __future__ import annotations

import io
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import pytest
from fastapi.testclient import TestClient

from textcnn.directory import TRAINING, ModelDirectory, write_json, write_manifest
from textcnn.service.app import create_app
from textcnn.service.http.upload import Upload
from textcnn.service.routes import versions as versions_module
from textcnn.service.settings import Settings
from textcnn.service.storage import database as database_module
from textcnn.service.versions.archive import pack
from textcnn.service.versions.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from textcnn.service.loaded.registry import Registry

    Doing = Callable[[], Any]
    """Sends a request; gives its answer, of whichever HTTP library the test client is made."""

FULL = Path("/dev/full")
ROWS = "text,label\na good film,good\na bad film,bad\n"
FEEDBACK = {"model": "tiny", "text": "a good film", "label": "good"}


@pytest.fixture
def packed(model_dir: Path, tmp_path: Path) -> list[bytes]:
    """Three versions of `tiny`, as they are uploaded."""
    archives = []
    for number in range(3):
        path = tmp_path / f"version-{number}"
        path.mkdir()
        for file in model_dir.iterdir():
            (path / file.name).write_bytes(file.read_bytes())
        write_json(path / TRAINING, {"number": number})
        write_manifest(path)
        stream = io.BytesIO()
        pack(ModelDirectory(path), stream)
        archives.append(stream.getvalue())
    return archives


@pytest.fixture
def data(tmp_path: Path, packed: list[bytes]) -> Path:
    """A data directory where the second version is live, the first was before, and the third is there."""
    repository = Repository(tmp_path / "data")
    for number in range(3):
        added = repository.add("tiny", tmp_path / f"version-{number}").version
        if number < 2:
            repository.promote("tiny", added)
    return tmp_path / "data"


@pytest.fixture
def client(data: Path, registry: Registry) -> Iterator[TestClient]:
    settings = Settings(data_dir=data, models=("tiny", "tiny-multi"), access_log=False)
    with TestClient(create_app(settings, registry), raise_server_exceptions=False) as client:
        yield client


def changes(client: TestClient, tmp_path: Path, packed: list[bytes]) -> dict[str, Doing]:
    """Every kind of change, which would be made if the database let it."""
    third = ModelDirectory(tmp_path / "version-2").version()
    path = "/v1/models/tiny/versions"
    return {
        "feedback": lambda: client.post("/v1/feedback", json=FEEDBACK),
        "train": lambda: client.post("/v1/models/tiny/train", files={"corpus": ("a.csv", ROWS)}),
        "file": lambda: client.post("/v1/files", files={"file": ("a.csv", ROWS)}),
        "upload": lambda: client.post(path, content=packed[2]),
        "promote": lambda: client.post(f"{path}/{third}/promote"),
        "rollback": lambda: client.post("/v1/models/tiny/rollback"),
        "remove": lambda: client.delete(f"{path}/{third}"),
    }


def all_are_refused(client: TestClient, data: Path, doings: dict[str, Doing], said: str) -> None:
    before = client.get("/v1/models/tiny/versions").json()
    for kind, change in doings.items():
        answer = change()
        assert (answer.status_code, answer.json()["code"]) == (503, "storage"), (kind, answer.text)
        assert answer.headers["retry-after"] == "1"
        assert said in answer.json()["error"]
        assert str(data) not in answer.text
    assert client.get("/v1/models/tiny/versions").json() == before
    assert [*(data / "jobs").glob("*")] == []
    assert [*(data / "models" / "tiny").rglob(".*")] == []


def test_a_locked_database_is_503_for_every_change_and_nothing_is_half(
    client: TestClient, data: Path, tmp_path: Path, packed: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "BUSY_SECONDS", 0.1)
    doings = changes(client, tmp_path, packed)
    locker = sqlite3.connect(data / "textcnn.db", isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    all_are_refused(client, data, doings, "locked")
    locker.execute("ROLLBACK")
    locker.close()
    for kind, change in doings.items():
        assert change().status_code < 300 or kind == "remove", kind  # which is the previous one by then


def test_a_database_that_vanished_is_503_for_every_change_and_nothing_is_half(
    client: TestClient, data: Path, tmp_path: Path, packed: list[bytes]
) -> None:
    """They were answered with 201, and written into a file without a name."""
    assert client.post("/v1/feedback", json=FEEDBACK).status_code == 201
    (data / "textcnn.db").rename(data / "kept.db")
    all_are_refused(client, data, changes(client, tmp_path, packed), "was removed")
    assert not (data / "textcnn.db").exists()
    (data / "kept.db").rename(data / "textcnn.db")
    assert len(client.get("/v1/feedback").json()["feedback"]) == 1


@pytest.mark.skipif(not FULL.exists(), reason="/dev/full is Linux's")
def test_a_disk_that_is_full_while_an_upload_arrives_is_503(
    client: TestClient, data: Path, packed: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_full(_: object) -> BinaryIO:
        return FULL.open("r+b", buffering=0)

    monkeypatch.setattr(Upload, "source", property(lambda _: FULL))
    monkeypatch.setattr(versions_module, "_spool", open_full)
    file = {"file": ("a.csv", ROWS)}
    doings: dict[str, Doing] = {
        "labels": lambda: client.post("/v1/classify/file?name=a.csv", content=ROWS),
        "labels of a form": lambda: client.post("/v1/classify/file", files=file),
        "file": lambda: client.post("/v1/files", files=file),
        "upload": lambda: client.post("/v1/models/tiny/versions", content=packed[2]),
    }
    all_are_refused(client, data, doings, "No space left on device")
