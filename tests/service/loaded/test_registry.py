from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from textcnn.errors import ConfigError, ModelDirectoryError, ModelNotFoundError
from textcnn.service.loaded.registry import Registry, load_model
from textcnn.service.service_errors import NotReadyError

if TYPE_CHECKING:
    from pathlib import Path


def test_nothing_answers_before_loading() -> None:
    with pytest.raises(NotReadyError):
        Registry().get()


def test_the_first_model_is_the_default_unless_said(model_dir: Path, multi_label_model_dir: Path) -> None:
    registry = Registry()
    registry.load([str(multi_label_model_dir), str(model_dir)])
    assert registry.get().name == "tiny-multi"
    registry.load([str(multi_label_model_dir), str(model_dir)], default="tiny")
    assert registry.get().name == "tiny"
    with pytest.raises(ModelNotFoundError, match=r"default.*tiny"):
        registry.load([str(model_dir)], default="other")


def test_a_model_that_does_not_load_leaves_what_answers_as_it_was(model_dir: Path, tmp_path: Path) -> None:
    broken = shutil.copytree(model_dir, tmp_path / "broken")
    (broken / "model.safetensors").write_bytes(b"half")
    registry = Registry()
    registry.load([str(model_dir)])
    before = registry.get()
    with pytest.raises(ModelDirectoryError):
        registry.load([str(broken)])
    assert registry.get() is before


def test_the_default_model_answers_at_every_step_of_publishing(
    model_dir: Path, multi_label_model_dir: Path
) -> None:
    answered: list[str] = []

    class Watched(Registry):
        def __setattr__(self, name: str, value: object) -> None:
            super().__setattr__(name, value)
            if answered:
                answered.append(self.get().name)

    registry = Watched()
    registry.load([str(model_dir)])
    answered.append(registry.get().name)
    registry.load([str(multi_label_model_dir)])
    assert set(answered) == {"tiny", "tiny-multi"}


def test_several_versions_of_a_model_answer_by_their_names(
    model_dir: Path, multi_label_model_dir: Path
) -> None:
    new, old = (replace(load_model(str(each)), name="one") for each in (model_dir, multi_label_model_dir))
    registry = Registry()
    registry.publish({"one": (new, old)}, "one")
    assert registry.get() is registry.get("one") is registry.get("one", new.version) is new
    assert registry.get("one", old.version) is registry.get(None, old.version) is old
    assert registry.versions("one") == (new, old)
    assert registry.models() == [new]
    with pytest.raises(ModelNotFoundError, match=old.version):
        registry.get("one", "another")


def test_without_any_model_there_is_nothing_to_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textcnn.service.loaded.registry.bundled_models", dict)
    with pytest.raises(ModelNotFoundError, match="--model"):
        Registry().load()


def test_two_models_of_one_name_are_refused(model_dir: Path, tmp_path: Path) -> None:
    twin = shutil.copytree(model_dir, tmp_path / model_dir.name)
    with pytest.raises(ConfigError, match="tiny"):
        Registry().load([str(model_dir), str(twin)])
