"""Versions from anybody: a child process tries each, and a bad one costs its own upload alone."""

from __future__ import annotations

import io
import json
import shutil
import struct
import sys
import tarfile
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient
from safetensors.numpy import load
from typer.testing import CliRunner

from textcnn.classifier import TextClassifier
from textcnn.directory import CARD, CONFIG, METRICS, TOKENIZER, TOKENS, TRAINING, WEIGHTS, write_manifest
from textcnn.errors import InputError, ModelError
from textcnn.service import trial_child
from textcnn.service.app import create_app
from textcnn.service.commands.repo import repo
from textcnn.service.loaded.registry import Registry
from textcnn.service.retraining.plan import Plan
from textcnn.service.retraining.retrain import Retraining
from textcnn.service.retraining.retrain_request import RetrainRequest
from textcnn.service.settings import Settings
from textcnn.service.versions.repository import Repository
from textcnn.service.versions.trial import Trial
from textcnn.service.versions.version import Version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from starlette.types import Receive, Scope, Send


@pytest.fixture
def client(tmp_path: Path, model_dir: Path) -> Iterator[TestClient]:
    repository = Repository(tmp_path / "data")
    repository.promote("tiny", repository.add("tiny", model_dir).version)
    settings = Settings(data_dir=tmp_path / "data", models=("tiny",), access_log=False)
    with TestClient(create_app(settings, Registry()), raise_server_exceptions=False) as client:
        yield client


def packed(model_dir: Path, path: Path, change: Callable[[Path], object]) -> bytes:
    """A model that was changed, as an archive whose manifest fits."""
    shutil.copytree(model_dir, path)
    change(path)
    write_manifest(path)
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        archive.add(path, "model")
    return stream.getvalue()


def write(name: str, data: bytes) -> Callable[[Path], object]:
    return lambda path: (path / name).write_bytes(data)


def alter(name: str, change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def altered(path: Path) -> None:
        values = json.loads((path / name).read_text(encoding="utf-8"))
        change(values)
        (path / name).write_text(json.dumps(values), encoding="utf-8")

    return altered


def to_bfloat16(path: Path) -> None:
    header, data = {}, b""
    for name, array in load((path / WEIGHTS).read_bytes()).items():
        end = len(data) + 2 * array.size
        header[name] = {"dtype": "BF16", "shape": array.shape, "data_offsets": [len(data), end]}
        data += bytes(2 * array.size)
    text = json.dumps(header).encode()
    (path / WEIGHTS).write_bytes(struct.pack("<Q", len(text)) + text + data)


def grow(specification: dict[str, Any]) -> None:
    part = {"type": "Replace", "pattern": {"String": "a"}, "content": "a" * 50}
    specification["normalizer"] = {"type": "Sequence", "normalizers": [part] * 3}


def use_regex(specification: dict[str, Any]) -> None:
    specification["pre_tokenizer"] = {
        "type": "Split",
        "pattern": {"Regex": r"\s+"},
        "behavior": "Isolated",
        "invert": False,
    }


def use_tame_regex(specification: dict[str, Any]) -> None:
    use_regex(specification)
    specification["pre_tokenizer"]["pattern"]["Regex"] = r"\s"


BAD = {
    "a list as training": write(TRAINING, b"[]"),
    "half an object as metrics": write(METRICS, b"{"),
    "a number as metrics": write(METRICS, b"5"),
    "broken text in metrics": write(METRICS, b'{"accuracy": "\\ud800"}'),
    "a number of 5,000 digits": write(METRICS, b'{"rows": ' + b"9" * 5_000 + b"}"),
    "broken text as a label": alter(CONFIG, lambda config: config.update(labels=["a", "b", "\ud800"])),
    "bfloat16": to_bfloat16,
    "an id beyond the table": alter(TOKENIZER, lambda it: it["model"]["vocab"].update(week=4_000_000)),
    "growth": alter(TOKENIZER, grow),
    "a regular expression, though a quick one": alter(TOKENIZER, use_regex),
}


@pytest.mark.slow
def test_what_is_wrong_with_a_version_costs_its_upload_alone(
    client: TestClient, model_dir: Path, tmp_path: Path
) -> None:
    for number, (kind, change) in enumerate(BAD.items()):
        answer = client.post(
            "/v1/models/tiny/versions", content=packed(model_dir, tmp_path / str(number), change)
        )
        assert answer.status_code == 422, (kind, answer.text)
        assert str(tmp_path) not in answer.text, kind
        assert ".upload" not in answer.text, kind
        assert answer.json()["error"].startswith("The model"), kind
    assert len(client.get("/v1/models/tiny/versions").json()["versions"]) == 1
    good = client.post(
        "/v1/models/tiny/versions",
        content=packed(model_dir, tmp_path / "good", write(CARD, b"# no text: \xff")),
    )
    assert good.status_code == 201, good.text
    assert client.post(f"/v1/models/tiny/versions/{good.json()['version']}/promote").status_code == 200
    assert client.get("/v1/models").status_code == 200


DIES = ["-c", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"]


@pytest.mark.parametrize("change", [write(METRICS, b"{"), write(TRAINING, b"[]")])
def test_a_directory_of_this_machine_is_tried_too(
    model_dir: Path, tmp_path: Path, change: Callable[[Path], object]
) -> None:
    packed(model_dir, tmp_path / "changed", change)
    done = CliRunner().invoke(repo, ["add", "films", str(tmp_path / "changed"), *at(tmp_path)])
    assert isinstance(done.exception, InputError)
    assert done.exception.message.startswith(f"The model cannot be used: {tmp_path / 'changed'}/")
    assert Repository(tmp_path / "data").versions("films") == []


def test_a_directory_of_this_machine_may_have_regular_expressions(model_dir: Path, tmp_path: Path) -> None:
    packed(model_dir, tmp_path / "changed", alter(TOKENIZER, use_tame_regex))
    done = CliRunner().invoke(repo, ["add", "films", str(tmp_path / "changed"), *at(tmp_path)])
    assert done.exit_code == 0, done.exception


def test_a_model_that_crashes_its_loading_is_a_sentence_for_a_directory_and_for_a_training(
    model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("textcnn.service.versions.trial._COMMAND", DIES)
    repository = Repository(tmp_path / "data")
    done = CliRunner().invoke(repo, ["add", "films", str(model_dir), *at(tmp_path)])
    assert isinstance(done.exception, InputError)
    assert "signal 11" in done.exception.message
    work = tmp_path / "work"
    shutil.copytree(model_dir, work / "candidate")
    request = RetrainRequest(files=(), init="scratch")
    training = Retraining(repository, "films", request, work, tell=lambda *_: None)
    with pytest.raises(InputError, match="signal 11"):
        training._judge_and_promote(Plan.__new__(Plan), ())
    assert repository.versions("films") == []


def at(tmp_path: Path) -> tuple[str, str]:
    return "--data-dir", str(tmp_path / "data")


def test_a_trial_ends_when_its_time_or_memory_is_used_up(model_dir: Path) -> None:
    with pytest.raises(InputError, match="within 0 seconds"):
        Trial(seconds=0.2).run(model_dir)
    with pytest.raises(InputError, match="50,000,000 bytes"):
        Trial(memory_bytes=50_000_000).run(model_dir)


@pytest.mark.parametrize("page", ["/v1/models", "/info", "/v1/classify/batch"])
def test_a_model_of_which_a_page_cannot_be_made_is_not_taken(
    page: str, model_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        status = 500 if scope["path"] == page else 200
        await send({"type": "http.response.start", "status": status})
        await send({"type": "http.response.body", "body": b"{}"})

    monkeypatch.setattr(trial_child, "create_app", lambda *_: app)
    monkeypatch.setattr(sys, "argv", ["trial_child", str(model_dir)])
    with pytest.raises(SystemExit, match="2"):
        trial_child.main()
    assert "is answered with 500" in json.loads(capsys.readouterr().out)["error"]


def tried(directory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """Why a child would not take a model; it runs here, where its steps can be replaced."""
    monkeypatch.setattr(sys, "argv", ["trial_child", str(directory)])
    with pytest.raises(SystemExit, match="2"):
        trial_child.main()
    error: str = json.loads(capsys.readouterr().out)["error"]
    return error


FALSE = {
    "counts of other tokens": (write(TOKENS, b'{"counts": [1, 2]}'), TOKENS),
    "counts that are none": (write(TOKENS, b'{"counts": "many"}'), TOKENS),
    "a history of numbers": (write(TRAINING, b'{"history": [5]}'), TRAINING),
    "broken text in a history": (write(TRAINING, b'{"history": [{"a": "\\udfff"}]}'), TRAINING),
    "broken text in metrics": (write(METRICS, b'{"accuracy": "\\ud800"}'), METRICS),
    "a number of 5,000 digits in metrics": (write(METRICS, b'{"rows": ' + b"9" * 5_000 + b"}"), METRICS),
}


@pytest.mark.parametrize("kind", FALSE)
def test_what_tells_of_a_model_is_read_before_it_is_taken(
    kind: str,
    model_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    change, file = FALSE[kind]
    packed(model_dir, tmp_path / "model", change)
    assert file in tried(tmp_path / "model", monkeypatch, capsys)


def test_a_file_that_is_not_the_one_that_the_manifest_tells_is_not_taken(
    model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of the card nothing but the manifest tells whether it is whole."""
    model = tmp_path / "model"
    packed(model_dir, model, write(CARD, b"# whole"))
    (model / CARD).write_bytes(b"# ha")
    assert CARD in tried(model, monkeypatch, capsys)


STEPS = {
    "a batch": (TextClassifier, "classify_batch"),
    "evidence": (TextClassifier, "explain"),
    "its layers": (trial_child, "summarise"),
    "its filters": (trial_child, "make_gallery"),
    "its facts": (Version, "to_dict"),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_model_with_which_a_step_fails_is_not_taken(
    step: str, model_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    holder, name = STEPS[step]
    real = getattr(holder, name)

    def fail(*arguments: object, **options: object) -> object:
        if "warm up" in arguments:  # which loading does, with every model
            return real(*arguments, **options)
        raise ModelError(f"{step} cannot be made.")

    monkeypatch.setattr(holder, name, fail)
    assert tried(model_dir, monkeypatch, capsys) == f"{step} cannot be made."


@pytest.mark.skipif(sys.platform != "linux", reason="other systems tell it otherwise")
def test_a_model_that_ends_its_trial_by_a_signal_is_refused_by_a_sentence(
    model_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash = [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"]
    monkeypatch.setattr("textcnn.service.versions.trial.limited_child.command", lambda *_: crash)
    with pytest.raises(InputError, match=r"ended the process that tried it by signal 11"):
        Trial().run(model_dir)
