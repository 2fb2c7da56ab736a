from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from textcnn.classifier import TextClassifier
from textcnn.directory import MANIFEST
from textcnn.errors import InputError
from textcnn.new_directory import new_directory

if TYPE_CHECKING:
    from pathlib import Path


def test_a_directory_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    def fail_halfway() -> None:
        with new_directory(tmp_path / "model") as directory:
            (directory / "half").touch()
            assert not (tmp_path / "model").exists()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_never_overwritten_unless_told(model_dir: Path, copy: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--replace"), new_directory(copy):
        pass
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "thesis.txt").touch()
    with (
        pytest.raises(InputError, match="no model directory"),
        new_directory(tmp_path / "notes", replace=True),
    ):
        pass
    with new_directory(copy, replace=True) as directory:
        shutil.copytree(model_dir, directory, dirs_exist_ok=True)
    assert TextClassifier.load(copy).classify("a good film") == TextClassifier.load(model_dir).classify(
        "a good film"
    )


def test_a_swap_that_fails_leaves_the_old_model(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = TextClassifier.load(copy).classify("a good film")
    rename = type(copy).rename

    def fails_for_the_new_one(self: Path, target: Path) -> Path:
        if target == copy and not self.name.endswith(".old"):
            raise OSError("no space left")
        return rename(self, target)

    monkeypatch.setattr(type(copy), "rename", fails_for_the_new_one)
    with pytest.raises(OSError, match="no space"), new_directory(copy, replace=True):
        pass
    assert TextClassifier.load(copy).classify("a good film") == before
    assert list(copy.parent.iterdir()) == [copy]


def test_what_was_written_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    def be_late() -> None:
        with new_directory(tmp_path / "model"):
            (tmp_path / "model").mkdir()
            (tmp_path / "model" / MANIFEST).touch()

    with pytest.raises(InputError):
        be_late()
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
