from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from textcnn.errors import ConfigError, InputError
from textcnn.training.fitting.checkpoint import STATE, Checkpoint

if TYPE_CHECKING:
    from pathlib import Path


def test_a_state_comes_back_with_its_tensors_and_its_number_keys(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "out", {"recipe": 1})
    state = {"optimizer": {0: {"step": torch.tensor(3.0)}, "lr": [0.1, None]}, "history": [{"loss": 0.5}]}
    checkpoint.directory.mkdir()
    checkpoint.save(state)
    back = checkpoint.load()
    assert back is not None
    assert back["history"] == [{"loss": 0.5}]
    assert back["optimizer"]["lr"] == [0.1, None]
    assert back["optimizer"][0]["step"].item() == 3


def test_tensors_that_share_memory_are_kept_apart(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "out", {})
    tensor = torch.ones(2)
    checkpoint.directory.mkdir()
    checkpoint.save({"one": tensor, "other": tensor})
    assert checkpoint.load() == {"one": pytest.approx([1, 1]), "other": pytest.approx([1, 1])}


def test_a_new_run_does_not_overwrite_an_interrupted_one(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "out", {})
    with checkpoint.claim(resume=False):
        checkpoint.save({})
    with pytest.raises(InputError, match="--resume"), checkpoint.claim(resume=False):
        pass
    with checkpoint.claim(resume=True):
        assert checkpoint.load() == {}
        checkpoint.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_saved_nothing_leaves_nothing_behind(tmp_path: Path) -> None:
    with Checkpoint(tmp_path / "out", {}).claim(resume=True):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_told_before_training(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(InputError, match="cannot be written"),
        Checkpoint(tmp_path / "file" / "out", {}).claim(resume=False),
    ):
        pass


def test_another_run_is_not_resumed_and_the_differences_are_named(tmp_path: Path) -> None:
    first = Checkpoint(tmp_path / "out", {"epochs": 3, "seed": 0, "corpus": "a"})
    with first.claim(resume=False):
        first.save({})
    with pytest.raises(ConfigError, match="epochs, seed"):
        Checkpoint(tmp_path / "out", {"epochs": 4, "seed": 1, "corpus": "a"}).load()


def test_a_damaged_state_is_named(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "out", {})
    checkpoint.directory.mkdir()
    checkpoint.save({"one": torch.ones(100)})
    file = checkpoint.directory / STATE
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(ConfigError, match="damaged"):
        checkpoint.load()


def test_a_run_that_still_writes_is_not_taken_for_an_interrupted_one(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "out", {})
    with checkpoint.claim(resume=False):
        checkpoint.save({})
        with (
            pytest.raises(InputError, match="Another training"),
            Checkpoint(tmp_path / "out", {}).claim(resume=False),
        ):
            pass
        assert checkpoint.load() == {}
