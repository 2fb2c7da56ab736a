"""`textcnn repo` does in the shell what the repository does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from textcnn.directory import ModelDirectory
from textcnn.errors import ModelNotFoundError
from textcnn.service.commands.repo import repo
from textcnn.service.service_errors import ConflictError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def data_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTCNN_DATA_DIR", str(tmp_path / "data"))


def run(*arguments: object) -> str:
    result = CliRunner().invoke(repo, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_version_is_added_promoted_listed_and_rolled_back(model_dir: Path) -> None:
    version = ModelDirectory(model_dir).version()
    assert "not live" in run("add", "spam", model_dir)
    assert f"{version} is live" in run("promote", "spam", version)
    listed = json.loads(run("list", "spam", "--json"))
    assert [entry["live"] for entry in listed] == [True, False]
    assert listed[0]["metrics"]["accuracy"] == 0.5
    assert "is live" in run("rollback", "spam")
    assert version in run("remove", "spam", version) + version
    assert version not in run("list", "spam")


@pytest.mark.slow
def test_a_version_goes_from_one_repository_to_another_as_one_file(model_dir: Path, tmp_path: Path) -> None:
    run("add", "tickets", model_dir, "--promote")
    run("export", "tickets", "live", "--out", tmp_path / "tickets.tar.gz")
    elsewhere = tmp_path / "elsewhere"
    run("add", "tickets", tmp_path / "tickets.tar.gz", "--promote", "--data-dir", elsewhere)
    assert ModelDirectory(model_dir).version() in run("list", "--data-dir", elsewhere)


def test_a_model_without_a_live_version_is_listed(model_dir: Path) -> None:
    run("add", "tickets", model_dir)
    assert ModelDirectory(model_dir).version() in run("list", "tickets")


def test_what_cannot_be_done_is_an_error_of_our_tree(model_dir: Path) -> None:
    with pytest.raises(ModelNotFoundError):
        run("list", "nowhere")
    run("add", "tickets", model_dir, "--promote")
    with pytest.raises(ConflictError):
        run("remove", "tickets", "live")


def test_pruning_says_what_it_removed(model_dir: Path) -> None:
    run("add", "tickets", model_dir)
    assert ModelDirectory(model_dir).version() in run("prune", "tickets", "--keep", 0)
