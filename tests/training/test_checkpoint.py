from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from textcnn.errors import ConfigError, InputError
from training.checkpoint import STATE, Checkpoint

if TYPE_CHECKING:
    from pathlib import Path


def test_a_state_comes_back_with_its_tensors_and_its_number_keys(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "out", {"recipe": 1})
    state = {"optimizer": {0: {"step": torch.tensor(3.0)}, "lr": [0.1, None]}, "history": [{"loss": 0.5}]}
    checkpoint.save(state)
    back = checkpoint.load()
    assert back is not None
    assert back["history"] == [{"loss": 0.5}]
    assert back["optimizer"]["lr"] == [0.1, None]
    assert back["optimizer"][0]["step"].item() == 3


def test_tensors_that_share_memory_are_kept_apart(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "out", {})
    tensor = torch.ones(2)
    checkpoint.save({"one": tensor, "other": tensor})
    assert checkpoint.load() == {"one": pytest.approx([1, 1]), "other": pytest.approx([1, 1])}


def test_a_new_run_does_not_overwrite_an_interrupted_one(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "out", {})
    checkpoint.require_none()
    checkpoint.save({})
    with pytest.raises(InputError, match="--resume"):
        checkpoint.require_none()
    checkpoint.remove()
    checkpoint.require_none()
    assert checkpoint.load() is None


def test_another_run_is_not_resumed_and_the_difference_is_named(tmp_path: Path) -> None:
    Checkpoint(tmp_path / "out", {"recipe": {"epochs": 3}, "corpus": "a"}).save({})
    with pytest.raises(ConfigError, match="recipe"):
        Checkpoint(tmp_path / "out", {"recipe": {"epochs": 4}, "corpus": "a"}).load()


def test_a_damaged_state_is_named(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "out", {})
    checkpoint.save({"one": torch.ones(100)})
    file = checkpoint.directory / STATE
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(ConfigError, match="damaged"):
        checkpoint.load()
