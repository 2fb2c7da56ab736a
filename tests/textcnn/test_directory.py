from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from textcnn.classifier import TextClassifier
from textcnn.directory import (
    CONFIG,
    MANIFEST,
    TOKENIZER,
    WEIGHTS,
    ModelDirectory,
    new_directory,
    write_json,
    write_manifest,
)
from textcnn.errors import InputError, ModelDirectoryError, ModelNotFoundError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def copy(model_dir: Path, tmp_path: Path) -> Path:
    return shutil.copytree(model_dir, tmp_path / "copy")


@pytest.mark.parametrize("name", [CONFIG, WEIGHTS, TOKENIZER, MANIFEST])
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ModelDirectoryError, match=name):
        TextClassifier.load(copy)


@pytest.mark.parametrize("name", [CONFIG, WEIGHTS, TOKENIZER, MANIFEST])
def test_a_truncated_file_is_named(copy: Path, name: str) -> None:
    data = (copy / name).read_bytes()
    (copy / name).write_bytes(data[: len(data) // 2])
    with pytest.raises(ModelDirectoryError, match=name):
        TextClassifier.load(copy)


@pytest.mark.parametrize("name", [CONFIG, WEIGHTS, TOKENIZER])
def test_an_altered_file_is_named(copy: Path, name: str) -> None:
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / name).write_bytes(data)
    with pytest.raises(ModelDirectoryError, match=name):
        TextClassifier.load(copy)


def test_files_that_do_not_belong_together_are_refused_even_with_a_fresh_manifest(copy: Path) -> None:
    config = json.loads((copy / CONFIG).read_text())
    config["network"]["vocabulary_size"] += 1
    write_json(copy / CONFIG, config)
    write_manifest(copy)
    with pytest.raises(ModelDirectoryError, match=r"embeddings|instead of"):
        TextClassifier.load(copy)


def test_a_key_of_a_later_version_is_refused_by_name(copy: Path) -> None:
    config = json.loads((copy / CONFIG).read_text())
    write_json(copy / CONFIG, {**config, "later": 1})
    write_manifest(copy)
    with pytest.raises(ModelDirectoryError, match="later"):
        TextClassifier.load(copy)


def test_a_missing_directory_is_told_from_a_broken_one(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError):
        ModelDirectory(tmp_path / "nothing")
    with pytest.raises(ModelDirectoryError, match=f"{CONFIG}.*{WEIGHTS}"):
        ModelDirectory(tmp_path)


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


def test_the_version_names_the_contents(model_dir: Path, copy: Path, multi_label_model_dir: Path) -> None:
    assert ModelDirectory(copy).version() == ModelDirectory(model_dir).version()
    assert ModelDirectory(multi_label_model_dir).version() != ModelDirectory(model_dir).version()


def test_models_in_use_share_a_tokenizer_that_is_the_same(model_dir: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(model_dir, copy)
    first, second = (ModelDirectory(path).tokenizer() for path in (model_dir, copy))
    assert first is second
