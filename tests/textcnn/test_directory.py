from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from textcnn.classifier import TextClassifier
from textcnn.directory import CONFIG, MANIFEST, TOKENIZER, WEIGHTS, ModelDirectory, write_json, write_manifest
from textcnn.errors import ModelDirectoryError, ModelNotFoundError

if TYPE_CHECKING:
    from pathlib import Path


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


def test_the_version_names_the_contents(model_dir: Path, copy: Path, multi_label_model_dir: Path) -> None:
    assert ModelDirectory(copy).version() == ModelDirectory(model_dir).version()
    assert ModelDirectory(multi_label_model_dir).version() != ModelDirectory(model_dir).version()


def test_models_in_use_share_a_tokenizer_that_is_the_same(model_dir: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(model_dir, copy)
    first, second = (ModelDirectory(path).tokenizer() for path in (model_dir, copy))
    assert first is second
