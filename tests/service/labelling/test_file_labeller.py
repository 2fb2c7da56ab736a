"""The words of a child and what it leaves are looked at before anybody gets them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient

from textcnn.service.app import create_app
from textcnn.service.labelling.file_children import FileChild
from textcnn.service.labelling.file_messages import FileDone, FileFailed, FileReady, FileTally
from textcnn.service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from textcnn.service.labelling.file_messages import Answer, FileTask
    from textcnn.service.loaded.registry import Registry

FILE = "/v1/classify/file"
CSV = "text,n\na good film,1\n"
SECRET = "root:x:0:0"


@pytest.fixture
def files(registry: Registry) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(threads=1, access_log=False), registry)) as client:
        yield client


def done(**changed: Any) -> FileDone:  # noqa: ANN401  # any of its fields
    tally = FileTally({0: 1}, [1] + [0] * 20, 0.5)
    counts: dict[str, Any] = {"rows": 1, "errors": 0, "left_out": {}, "notes": {}}
    return FileDone(**counts | {"format": "csv", "compression": None, "tally": tally} | changed)


def link_to_a_secret(task: FileTask) -> Answer:
    secret = Path(task.source).with_name("secret")
    secret.write_text(SECRET, encoding="utf-8")
    Path(task.target).symlink_to(secret)
    return done()


def leave_a_directory(task: FileTask) -> Answer:
    Path(task.target).mkdir()
    return done()


def of_another_model(task: FileTask) -> Answer:
    Path(task.target).write_text(CSV, encoding="utf-8")
    return done(tally=FileTally({9: 1}, [1] + [0] * 20, 0.5))


def say_ready(task: FileTask) -> Answer:
    Path(task.target).write_text(CSV, encoding="utf-8")
    return FileReady()


LIES: dict[str, Callable[[FileTask], Answer]] = {
    "a link": link_to_a_secret,
    "a directory": leave_a_directory,
    "nothing": lambda _: done(),
    "a label that the model lacks": of_another_model,
    "ready once more": say_ready,
    "a failure of no known kind": lambda _: FileFailed("no_such_code", "It failed."),
    "a bug": lambda _: FileFailed("internal_error", "The file cannot be read.", trace="somewhere:1"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_child_that_lies_costs_its_file_and_shows_no_other(
    files: TestClient, monkeypatch: pytest.MonkeyPatch, lie: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(FileChild, "do", lambda _, task: LIES[lie](task))
        answer = files.post(FILE, params={"name": "a.csv"}, content=CSV)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_corpus")
    assert SECRET not in answer.text
    assert files.post(FILE, params={"name": "a.csv"}, content=CSV).status_code == 200
