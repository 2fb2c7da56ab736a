"""The repository: versions that never change, and aliases that change in one step."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from textcnn.catalogue import bundled_models
from textcnn.directory import CONFIG, MANIFEST, TRAINING, ModelDirectory, write_json, write_manifest
from textcnn.errors import InputError, ModelDirectoryError, ModelNotFoundError
from textcnn.service.service_errors import ConflictError, StorageError, VersionNotFoundError
from textcnn.service.storage import database as database_module
from textcnn.service.versions.archive import pack
from textcnn.service.versions.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.service.storage.database import Database
    from textcnn.service.versions.version import Version


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "data")


@pytest.fixture
def other_dir(model_dir: Path, tmp_path: Path) -> Path:
    """The same model with another training.json: another version."""
    return variant(model_dir, tmp_path / "other", 1)


def variant(model_dir: Path, path: Path, number: int) -> Path:
    shutil.copytree(model_dir, path)
    write_json(path / TRAINING, {"number": number})
    write_manifest(path)
    return path


def test_a_version_has_the_name_of_its_contents_and_is_not_live_by_itself(
    repository: Repository, model_dir: Path
) -> None:
    version = repository.add("tickets", model_dir)
    assert version.version == ModelDirectory(model_dir).version()
    assert not version.live
    assert repository.live("tickets") is None
    assert "tickets" in repository.names()


def test_adding_the_same_contents_twice_makes_one_version(repository: Repository, model_dir: Path) -> None:
    first = repository.add("tickets", model_dir)
    assert repository.add("tickets", model_dir) == first
    assert len(repository.versions("tickets")) == 1


def test_promoting_remembers_the_previous_version_and_rollback_swaps_them(
    repository: Repository, model_dir: Path, other_dir: Path
) -> None:
    old, new = repository.add("tickets", model_dir), repository.add("tickets", other_dir)
    repository.promote("tickets", old.version)
    assert repository.promote("tickets", new.version).live
    assert repository.version("tickets", "previous").version == old.version
    assert repository.rollback("tickets").version == old.version
    assert repository.rollback("tickets").version == new.version


def test_promoting_the_live_version_again_changes_nothing(
    repository: Repository, model_dir: Path, other_dir: Path
) -> None:
    old, new = repository.add("tickets", model_dir), repository.add("tickets", other_dir)
    for version in (old, new, new):
        repository.promote("tickets", version.version)
    assert repository.version("tickets", "previous").version == old.version


def test_a_decision_is_not_carried_out_when_another_version_went_live_meanwhile(
    repository: Repository, model_dir: Path, other_dir: Path, tmp_path: Path
) -> None:
    compared = repository.promote("tickets", repository.add("tickets", model_dir).version)
    repository.promote("tickets", repository.add("tickets", other_dir).version)
    third = repository.add("tickets", variant(model_dir, tmp_path / "third", 3))
    with pytest.raises(ConflictError, match="meanwhile"):
        repository.promote("tickets", third.version, expected=compared.version)
    assert not repository.version("tickets", third.version).live


def test_without_a_previous_version_there_is_no_way_back(repository: Repository, model_dir: Path) -> None:
    repository.promote("tickets", repository.add("tickets", model_dir).version)
    with pytest.raises(ConflictError, match="no previous version"):
        repository.rollback("tickets")


def test_the_live_version_cannot_be_removed_and_others_can(
    repository: Repository, model_dir: Path, other_dir: Path
) -> None:
    old, new = repository.add("tickets", model_dir), repository.add("tickets", other_dir)
    repository.promote("tickets", old.version)
    repository.promote("tickets", new.version)
    with pytest.raises(ConflictError, match="is live"):
        repository.remove("tickets", "live")
    repository.remove("tickets", "previous")
    assert [version.version for version in repository.versions("tickets")] == [new.version]
    with pytest.raises(ConflictError, match="no previous"):
        repository.rollback("tickets")


def test_pruning_keeps_the_newest_the_live_and_the_previous(
    repository: Repository, model_dir: Path, tmp_path: Path
) -> None:
    names = [
        repository.add("tickets", variant(model_dir, tmp_path / str(number), number)).version
        for number in range(5)
    ]
    repository.promote("tickets", names[0])
    repository.promote("tickets", names[1])
    assert set(repository.prune("tickets", keep=1)) == {names[2], names[3]}
    assert {version.version for version in repository.versions("tickets")} == {names[0], names[1], names[4]}


def test_a_damaged_version_does_not_go_live(repository: Repository, model_dir: Path, other_dir: Path) -> None:
    old, new = repository.add("tickets", model_dir), repository.add("tickets", other_dir)
    repository.promote("tickets", old.version)
    with (new.path / "model.safetensors").open("r+b") as file:
        file.truncate(100)
    with pytest.raises(ModelDirectoryError, match=r"model\.safetensors"):
        repository.promote("tickets", new.version)
    live = repository.live("tickets")
    assert live is not None
    assert live.version == old.version


def test_a_damaged_model_is_not_taken_in(repository: Repository, other_dir: Path) -> None:
    (other_dir / TRAINING).write_text("{}")
    with pytest.raises(ModelDirectoryError, match=r"training\.json"):
        repository.add("tickets", other_dir)
    assert repository.versions("tickets") == []


def test_bundled_models_are_versions_and_stay_ones_after_another_is_promoted(
    repository: Repository, model_dir: Path
) -> None:
    bundled = repository.live("spam")
    assert bundled is not None
    assert bundled.path == bundled_models()["spam"]
    assert not repository.root.exists()  # reading writes nothing
    repository.promote("spam", repository.add("spam", model_dir).version)
    kept = repository.version("spam", "previous")
    assert kept.version == bundled.version
    assert kept.path != bundled.path  # a copy, which an upgrade of the package leaves alone
    assert repository.rollback("spam").version == bundled.version


def test_a_bundled_version_cannot_be_removed(repository: Repository, model_dir: Path) -> None:
    with pytest.raises(ConflictError, match="live"):
        repository.remove("spam", "live")


@pytest.mark.slow
def test_an_archive_gives_the_same_version_as_the_directory(repository: Repository, model_dir: Path) -> None:
    packed = io.BytesIO()
    pack(ModelDirectory(model_dir), packed)
    packed.seek(0)
    assert repository.add_archive("tickets", packed).version == ModelDirectory(model_dir).version()


def test_a_refused_archive_leaves_nothing_and_tells_no_path(repository: Repository, model_dir: Path) -> None:
    packed = io.BytesIO()
    pack(ModelDirectory(model_dir), packed)
    with pytest.raises(InputError, match="archive") as caught:
        repository.add_archive("tickets", io.BytesIO(packed.getvalue()[: packed.tell() // 2]))
    assert str(repository.root) not in str(caught.value)
    assert list(repository.home("tickets").path.glob(".upload*")) == []
    assert repository.versions("tickets") == []


@pytest.mark.parametrize("name", [MANIFEST, CONFIG])
def test_an_archive_with_json_nested_too_deeply_is_refused(
    repository: Repository, model_dir: Path, tmp_path: Path, name: str
) -> None:
    deep = tmp_path / "deep"
    shutil.copytree(model_dir, deep)
    (deep / name).write_text('{"files":' + "[" * 200_000 + "]" * 200_000 + "}", encoding="utf-8")
    if name != MANIFEST:
        write_manifest(deep)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(deep, ".")
    packed.seek(0)
    with pytest.raises(InputError):
        repository.add_archive("tickets", packed)
    assert repository.versions("tickets") == []


@pytest.mark.parametrize("name", ["../spam", "", ".hidden", "a/b", "a" * 65, "a\n"])
def test_names_that_could_lead_elsewhere_are_refused(repository: Repository, name: str) -> None:
    with pytest.raises(InputError, match="name"):
        repository.versions(name)


def test_what_is_not_there_is_said(repository: Repository, model_dir: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="no model 'tickets'"):
        repository.version("tickets", "live")
    repository.add("tickets", model_dir)
    with pytest.raises(VersionNotFoundError, match="no version"):
        repository.version("tickets", "0123456789ab")


def test_a_reader_sees_a_whole_pair_of_aliases_while_they_are_swapped(
    repository: Repository, model_dir: Path, other_dir: Path
) -> None:
    names = {repository.add("tickets", path).version for path in (model_dir, other_dir)}
    for name in sorted(names):
        repository.promote("tickets", name)
    seen, done = [], threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.append(repository.home("tickets").aliases())

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(20):
        repository.rollback("tickets")
    done.set()
    reader.join()
    assert seen
    assert all(pair is not None and {pair["live"], pair["previous"]} == names for pair in seen)


def test_a_model_has_one_salt_for_ever_and_others_have_others(repository: Repository) -> None:
    first = repository.home("tickets").salt()
    assert Repository(repository.root.parent).home("tickets").salt() == first
    assert repository.home("mails").salt() != first


Change = Callable[[Repository], object]


def meanwhile(patch: pytest.MonkeyPatch, method: str, repository: Repository, change: Change) -> None:
    """Let somebody else change the repository once, just after a method has looked at it without a lock."""
    look, left = getattr(Repository, method), [change]

    def looked(self: Repository, *arguments: str) -> Version:
        version: Version = look(self, *arguments)
        if self is repository and left:
            left.pop()(Repository(repository.root.parent))
        return version

    patch.setattr(Repository, method, looked)


@pytest.fixture
def three(repository: Repository, model_dir: Path, tmp_path: Path) -> list[str]:
    """The names of three versions: the second is live, the first was before."""
    sources = [variant(model_dir, tmp_path / f"v{number}", number) for number in range(3)]
    names = [repository.add("tickets", source).version for source in sources]
    for name in names[:2]:
        repository.promote("tickets", name)
    return names


def aliases(repository: Repository) -> tuple[str | None, str | None]:
    values = repository.home("tickets").aliases() or {}
    return values.get("live"), values.get("previous")


def test_a_version_that_is_removed_while_it_is_checked_does_not_go_live(
    repository: Repository, three: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, "_checked_version", repository, lambda other: other.remove("tickets", three[2]))
    with pytest.raises(VersionNotFoundError):
        repository.promote("tickets", three[2])
    assert aliases(repository) == (three[1], three[0])


def test_a_previous_version_that_is_removed_while_it_is_checked_does_not_go_live(
    repository: Repository, three: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, "_checked_version", repository, lambda other: other.remove("tickets", three[0]))
    with pytest.raises(ConflictError, match="no previous version"):
        repository.rollback("tickets")
    assert aliases(repository) == (three[1], None)


def test_a_rollback_undoes_what_went_live_while_it_looked(
    repository: Repository, three: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, "_checked_version", repository, lambda other: other.promote("tickets", three[2]))
    assert repository.rollback("tickets").version == three[1]
    assert aliases(repository) == (three[1], three[2])


def test_a_version_that_goes_live_while_it_is_to_be_removed_stays(
    repository: Repository, three: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, "version", repository, lambda other: other.promote("tickets", three[2]))
    with pytest.raises(ConflictError, match="is live"):
        repository.remove("tickets", three[2])
    assert aliases(repository) == (three[2], three[1])
    assert repository.version("tickets", three[2]).path.is_dir()


def test_who_removes_the_previous_version_takes_its_alias_too(
    repository: Repository, three: list[str]
) -> None:
    repository.remove("tickets", three[0])
    assert aliases(repository) == (three[1], None)


HOLDER = """
import sys
from pathlib import Path
from textcnn.service.versions.repository import Repository
with Repository(Path(sys.argv[1])).home("tickets").changing():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_model_that_another_process_changes_is_not_changed_here(
    repository: Repository, three: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "BUSY_SECONDS", 0.2)
    command = [sys.executable, "-c", HOLDER, str(repository.root.parent)]
    changes: list[Change] = [
        lambda each: each.promote("tickets", three[2]),
        lambda each: each.rollback("tickets"),
        lambda each: each.remove("tickets", three[2]),
        lambda each: each.prune("tickets", keep=0),
        lambda each: each.add("tickets", each.version("tickets", three[2]).path, decision={"verdict": "yes"}),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        for change in changes:
            with pytest.raises(StorageError, match="locked"):
                change(repository)
        assert aliases(repository) == (three[1], three[0])
        holder.communicate()
    assert repository.promote("tickets", three[2]).live


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_process_that_lost_its_lock_while_it_was_stopped_changes_nothing(
    database: Database, tmp_path: Path, model_dir: Path
) -> None:
    """PostgreSQL ends the session of one that is silent inside for a minute; here somebody else does."""
    repository = Repository(tmp_path / "data", lambda: database)
    names = [repository.add("tickets", variant(model_dir, tmp_path / f"v{n}", n)).version for n in range(2)]
    repository.promote("tickets", names[0])
    home = repository.home("tickets")

    def lose() -> None:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        with database.read() as connection:
            where = "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            connection.execute(text(others + where))

    def point() -> None:
        with home.changing():
            lose()
            home.point(names[1], names[0])

    def retire() -> None:
        with home.changing():
            lose()
            home.retire(names[1])

    for change in (point, retire):
        with pytest.raises(StorageError):
            change()
    assert aliases(repository) == (names[0], None)
    assert (home.versions / names[1]).is_dir()
    with database.alone("model tickets") as connection:
        assert connection.execute(text("SHOW idle_in_transaction_session_timeout")).scalar_one() == "1min"


@pytest.mark.parametrize("name", ["my model", "a\nb", "é", "-x", "a" * 65])
def test_a_directory_of_an_odd_name_leaves_the_models_beside_it(
    repository: Repository, model_dir: Path, name: str
) -> None:
    """Such as a copy that somebody made: it ended the next start, and nothing was followed any more."""
    version = repository.add("tickets", model_dir)
    shutil.copytree(version.path.parents[1], repository.root / name)

    assert "tickets" in repository.names()
    assert name not in repository.names()


@pytest.mark.parametrize(
    "values",
    [
        '{"added_at": 5}',
        '{"origin": []}',
        '{"corpora": 5}',
        '{"corpora": [[1]]}',
        '{"decision": 7}',
        "[]",
        "{",
    ],
)
def test_a_damaged_record_of_a_version_is_told_as_such(
    repository: Repository, model_dir: Path, other_dir: Path, values: str
) -> None:
    version = repository.add("tickets", model_dir)
    repository.add("tickets", other_dir)
    version.path.with_suffix(".json").write_text(values, encoding="utf-8")

    with pytest.raises(StorageError, match=r"json"):
        repository.versions("tickets")


def test_a_directory_in_place_of_the_aliases_is_told_as_such(repository: Repository, model_dir: Path) -> None:
    version = repository.add("tickets", model_dir)
    (version.path.parents[1] / "aliases.json").mkdir()

    with pytest.raises(StorageError, match="aliases"):
        repository.live("tickets")
