"""Hot swap: the live version answers, a broken one never does, and no reader sees anything between."""

from __future__ import annotations

import asyncio
import gc
import json
import shutil
import threading
import weakref
from typing import TYPE_CHECKING

import pytest

from textcnn.config import FORMAT_VERSION
from textcnn.directory import CONFIG, TRAINING, ModelDirectory, write_json, write_manifest
from textcnn.errors import ModelDirectoryError, ModelNotFoundError
from textcnn.service.loaded.follower import Follower
from textcnn.service.loaded.registry import Registry
from textcnn.service.service_errors import NotReadyError
from textcnn.service.versions.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path, model_dir: Path) -> Repository:
    """`tiny` with two versions, the first of which is live."""
    repository = Repository(tmp_path / "data")
    other = tmp_path / "other"
    shutil.copytree(model_dir, other)
    write_json(other / TRAINING, {"number": 2})
    write_manifest(other)
    repository.promote("tiny", repository.add("tiny", model_dir).version)
    repository.add("tiny", other)
    return repository


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def follower(registry: Registry, repository: Repository) -> Follower:
    follower = Follower(registry, repository, ["tiny"])
    follower.load()
    return follower


def second(repository: Repository) -> str:
    return next(version.version for version in repository.versions("tiny") if not version.live)


def test_a_promoted_version_answers_after_the_next_look_and_a_rollback_too(
    registry: Registry, follower: Follower, repository: Repository
) -> None:
    old, new = registry.get("tiny").version, second(repository)
    repository.promote("tiny", new)
    assert registry.get("tiny").version == old
    follower.look()
    assert registry.get("tiny").version == new
    repository.rollback("tiny")
    follower.look()
    assert registry.get("tiny").version == old


def test_the_old_version_goes_on_for_who_holds_it_and_is_released_then(
    registry: Registry, follower: Follower, repository: Repository
) -> None:
    held = registry.get("tiny")
    repository.promote("tiny", second(repository))
    follower.look()
    assert held.classifier.classify("a good film").score > 0
    gone = weakref.ref(held)
    del held
    gc.collect()
    assert gone() is None


def test_a_version_that_does_not_load_leaves_the_old_one_answering_and_says_why(
    registry: Registry, follower: Follower, repository: Repository
) -> None:
    old, new = registry.get("tiny").version, second(repository)
    repository.promote("tiny", new)
    weights = repository.version("tiny", new).path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    follower.look()
    follower.look()
    assert registry.get("tiny").version == old
    failure = registry.failure("tiny")
    assert failure is not None
    assert new in failure
    assert "model.safetensors" in failure
    assert str(repository.root) not in failure
    repository.rollback("tiny")
    follower.look()
    assert registry.get("tiny").version == old
    assert registry.failure("tiny") is None


@pytest.mark.slow
def test_without_names_all_live_models_answer_and_new_ones_join(
    registry: Registry, repository: Repository, multi_label_model_dir: Path
) -> None:
    follower = Follower(registry, repository)
    follower.load()
    assert {"tiny", "spam", "sentiment"} <= registry.published.keys()
    repository.add("tags", multi_label_model_dir)
    follower.look()
    assert "tags" not in registry.published  # it has no live version yet
    repository.promote("tags", ModelDirectory(multi_label_model_dir).version())
    follower.look()
    assert registry.get("tags").name == "tags"
    repository.remove_model("tags")
    follower.look()
    assert "tags" not in registry.published


def test_directories_and_bundled_names_are_served_as_before(
    registry: Registry, tmp_path: Path, model_dir: Path
) -> None:
    Follower(registry, Repository(tmp_path / "none"), [str(model_dir), "spam"]).load()
    assert list(registry.published) == ["tiny", "spam"]
    with pytest.raises(ModelNotFoundError):
        Follower(registry, Repository(tmp_path / "none"), ["nowhere"]).load()


def test_readers_never_see_anything_but_one_of_the_two_versions(
    registry: Registry, follower: Follower, repository: Repository
) -> None:
    versions = {version.version for version in repository.versions("tiny")}
    repository.promote("tiny", second(repository))
    seen: set[str] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            model = registry.get("tiny")
            assert model.classifier.classify("a good film").label in model.classifier.labels
            seen.add(model.version)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for _ in range(5):
        follower.look()
        repository.rollback("tiny")
    done.set()
    for reader in readers:
        reader.join()
    assert seen <= versions


def test_damage_is_logged_once_until_it_changes_or_ends(
    follower: Follower,
    repository: Repository,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("textcnn.service.loaded.follower.LOOK_SECONDS", 0.01)
    aliases = repository.home("tiny").path / "aliases.json"
    whole = aliases.read_bytes()

    async def watch() -> None:
        following = asyncio.create_task(follower.run())
        for data in (b"{", b"[]", whole):
            aliases.write_bytes(data)
            await asyncio.sleep(0.5)
        following.cancel()

    asyncio.run(watch())
    said = [record.getMessage() for record in caplog.records if "tiny: " in record.getMessage()]
    assert len(said) == 3
    assert "damaged" in said[0]
    assert "no JSON object" in said[1]
    assert "is over" in said[2]


def test_a_live_version_that_is_not_there_does_not_end_the_start(
    registry: Registry, follower: Follower, repository: Repository, tmp_path: Path
) -> None:
    old, new = registry.get("tiny").version, second(repository)
    repository.promote("tiny", new)
    shutil.rmtree(repository.version("tiny", new).path)
    fresh = Registry()
    started = Follower(fresh, repository, ["tiny", "spam"], "tiny")
    started.load()
    assert fresh.get("tiny").version == old
    assert new in str(fresh.failure("tiny"))
    shutil.rmtree(repository.version("tiny", old).path)
    fresh = Registry()
    Follower(fresh, repository, ["tiny", "spam"], "tiny").load()
    assert list(fresh.published) == ["spam"]
    assert new in str(fresh.failure("tiny"))
    fresh = Registry()
    started = Follower(fresh, repository, ["tiny"])
    started.load()
    assert not fresh.ready
    assert repository.add("tiny", tmp_path / "other").version == new
    started.look()
    assert fresh.get("tiny").version == new


def spoil(repository: Repository, version: str) -> None:
    (repository.version("tiny", version).path / TRAINING).write_text("[]")
    write_manifest(repository.version("tiny", version).path)


def test_a_version_that_is_bad_at_the_start_lets_the_previous_one_and_the_other_models_answer(
    registry: Registry, repository: Repository
) -> None:
    old, new = repository.version("tiny", "live").version, second(repository)
    repository.promote("tiny", new)
    spoil(repository, new)
    Follower(registry, repository, ["tiny", "spam"]).load()
    assert registry.get("tiny").version == old
    assert registry.get("spam").classifier.classify("win a prize").label
    failure = registry.failures["tiny"]
    assert failure.version == new
    assert TRAINING in failure.sentence
    assert str(repository.root) not in failure.sentence


def test_a_model_without_a_version_that_loads_is_told_and_the_others_answer(
    registry: Registry, repository: Repository, tmp_path: Path
) -> None:
    spoil(repository, "live")
    (tmp_path / "empty").mkdir()
    Follower(registry, repository, ["tiny", "nowhere", str(tmp_path / "empty"), "spam"], "tiny").load()
    assert list(registry.published) == ["spam"]
    assert registry.failures.keys() == {"tiny", "nowhere", "empty"}
    assert str(tmp_path) not in "".join(each.sentence for each in registry.failures.values())
    for name in ("tiny", None):  # the default is still that model, and no other one answers for it
        with pytest.raises(NotReadyError, match="cannot be loaded"):
            registry.get(name)


def test_where_nothing_loads_another_version_may_come_but_no_other_directory(
    registry: Registry, repository: Repository, tmp_path: Path
) -> None:
    spoil(repository, "live")
    follower = Follower(registry, repository, ["tiny"])
    follower.load()
    assert not registry.ready
    assert TRAINING in str(registry.failure("tiny"))
    repository.promote("tiny", second(repository))
    follower.look()
    assert registry.get().name == "tiny"
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelDirectoryError, match="lacks"):
        Follower(Registry(), repository, [str(tmp_path / "empty")]).load()


def test_whatever_a_bad_version_raises_the_other_models_are_followed(
    registry: Registry,
    repository: Repository,
    model_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    repository.promote("later", repository.add("later", model_dir).version)
    follower = Follower(registry, repository, ["tiny", "later"])
    follower.load()
    old = registry.get("tiny").version
    repository.promote("tiny", second(repository))
    (repository.home("later").path / "aliases.json").write_text("[")
    real = ModelDirectory.metrics

    def fails(self: ModelDirectory) -> dict[str, object]:
        if self.path.parent.parent.name == "tiny":
            raise RuntimeError("not foreseen")
        return real(self)

    monkeypatch.setattr(ModelDirectory, "metrics", fails)
    follower.look()
    assert registry.get("tiny").version == old
    assert "RuntimeError" in registry.failures["tiny"].sentence
    assert "cannot be read" in registry.failures["later"].sentence
    assert registry.get("later").name == "later"


def test_an_older_service_keeps_its_version_and_says_why_it_cannot_take_a_newer_one(
    registry: Registry, follower: Follower, repository: Repository
) -> None:
    old, new = registry.get("tiny").version, second(repository)
    path = repository.version("tiny", new).path
    config = json.loads((path / CONFIG).read_text(encoding="utf-8"))
    write_json(path / CONFIG, {**config, "format_version": FORMAT_VERSION + 1, "novelty": True})
    write_manifest(path)
    with repository.home("tiny").changing():
        repository.home("tiny").point(new, old)  # by a newer service, which shares the directory
    follower.look()
    restarted = Registry()
    Follower(restarted, repository, ["tiny"]).load()
    for each in (registry, restarted):
        assert each.get("tiny").version == old
        assert f"format version {FORMAT_VERSION + 1}, which a newer textcnn wrote" in (
            each.failures["tiny"].sentence
        )
    repository.rollback("tiny")
    follower.look()
    assert registry.failure("tiny") is None
