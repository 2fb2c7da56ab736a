"""The versions of each model, on disk: what there is, which one is live, and which one was before.

DATA_DIR/models/NAME/
    model.json                  when it was made, and the salt of its splits
    aliases.json                {"live": ..., "previous": ...}: replaced in one step
    versions/0123456789ab/      a model directory, under the name of its contents; never changed
    versions/0123456789ab.json  when it was added, from what, and what the gate decided
    corpora/                    the rows that versions were trained on (`retraining/kept_corpora.py`)

The bundled models are versions too, of the models of their names. Several processes and hosts may share the
directory: a model is locked in the database while it is changed, and readers see each change as a whole.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from textcnn.catalogue import bundled_models
from textcnn.directory import ModelDirectory
from textcnn.errors import InputError, ModelError, ModelNotFoundError
from textcnn.service.service_errors import ConflictError, VersionNotFoundError
from textcnn.service.storage import durable_files
from textcnn.service.versions.archive import LARGEST, unpack
from textcnn.service.versions.model_home import ModelHome, is_name, now, retire
from textcnn.service.versions.model_lock import ModelLock, OpenedOnce
from textcnn.service.versions.trial import Trial
from textcnn.service.versions.version import Version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import BinaryIO

    from textcnn.service.storage.database import Database

ALIASES: Final = ("live", "previous")
_NAMED: Final = 10


def default_data_directory() -> Path:
    """The default data directory: `TEXTCNN_DATA_DIR`, else `textcnn` in `XDG_DATA_HOME` or ~/.local/share."""
    configured = os.environ.get("TEXTCNN_DATA_DIR")
    if configured:
        return Path(configured)
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path("~/.local/share").expanduser()) / "textcnn"


class Repository:
    """The models and their versions under a data directory, which need not exist yet.

    Changes are locked in a database: that of the directory, where no other one is given.
    """

    def __init__(self, data_directory: Path, database: Callable[[], Database] | None = None) -> None:
        self.root = data_directory.absolute() / "models"
        self._lock = ModelLock(database or OpenedOnce(None, data_directory.absolute()))

    @classmethod
    def at(cls, data_directory: Path, database_url: str | None) -> Repository:
        """The repository of a directory, with its lock in the database of a URL where one is given."""
        database = OpenedOnce(database_url, data_directory.absolute())
        return cls(data_directory, database)

    def names(self) -> list[str]:
        """Every model with a version, in order: those bundled, and those in the directory."""
        own = {path.parent.name for path in self.root.glob("*/versions") if is_name(path.parent.name)}
        return sorted({*bundled_models(), *(name for name in own if self.home(name).version_paths())})

    def home(self, model: str) -> ModelHome:
        """The files of a model, which need not exist.

        Raises:
            InputError: the name cannot be a model's.
        """
        return ModelHome(self.root, model, self._lock)

    def versions(self, model: str) -> list[Version]:
        """Every version of a model, the newest first and the bundled one last; none of an unknown model."""
        home = self.home(model)
        aliases = self._aliases(model)
        versions = [self._read(home, path, aliases) for path in home.version_paths()]
        bundled = _bundled(model, aliases)
        if bundled is not None and all(version.version != bundled.version for version in versions):
            versions.append(bundled)
        return sorted(versions, key=lambda version: (version.added_at, version.version), reverse=True)

    def version(self, model: str, name_or_alias: str) -> Version:
        """A version by its name, or the one that is `live` or `previous`.

        Raises:
            ModelNotFoundError: there is no such model.
            VersionNotFoundError: the model has no such version; those there are, are listed.
        """
        versions = self.versions(model)
        if not versions:
            names = ", ".join(self.names()) or "none"
            raise ModelNotFoundError(f"There is no model '{model}'; there are {names}.", field="model")
        for version in versions:
            if name_or_alias == version.version or (
                name_or_alias in ALIASES and getattr(version, name_or_alias)
            ):
                return version
        listed = ", ".join(version.version for version in versions[:_NAMED])
        raise VersionNotFoundError(
            f"The model '{model}' has no version '{name_or_alias[:40]}'; it has {listed}.", field="version"
        )

    def live(self, model: str) -> Version | None:
        """The version that answers; None for a model that has none yet."""
        return next((version for version in self.versions(model) if version.live), None)

    def live_name(self, model: str) -> str | None:
        """The name of the live version; one small file is read, so it can be asked often."""
        return self._aliases(model).get("live")

    def add(
        self,
        model: str,
        source: Path,
        *,
        origin: str = "added",
        corpora: Sequence[str] = (),
        decision: dict[str, Any] | None = None,
        trial: Trial | None = None,
    ) -> Version:
        """Add a model directory as a version; it is checked and copied, and not live yet.

        With a `trial`, a child process tries it before this one loads anything of it.

        Contents that are there already stay as they are; only a new decision is written down.

        Raises:
            ModelNotFoundError, ModelDirectoryError: the source is no complete and unaltered model.
            InputError: it did not stand the trial.
        """
        home, directory = self.home(model), ModelDirectory(source)
        directory.verify()
        name = directory.version()
        path = home.versions / name
        if trial is not None and not path.is_dir():  # else it was tried before
            trial.run(source)
        _checked(directory)
        home.make()
        with _copied(directory, home.versions) as copy, home.changing():
            if not path.is_dir():
                record = {"added_at": now(), "origin": origin, "corpora": list(corpora), "decision": decision}
                home.write_record(name, record)
                durable_files.sync_directory(home.versions)
                copy.rename(path)
            elif decision is not None:
                home.write_record(name, {**home.record(name), "decision": decision, "corpora": list(corpora)})
            return self.version(model, name)

    def add_archive(
        self, model: str, stream: BinaryIO, *, largest: int = LARGEST, trial: Trial | None = None
    ) -> Version:
        """Add a model directory that is packed as .tar.gz, once a child process has tried it.

        Raises:
            InputError: it is no such archive, or what it holds is no complete and unaltered model.
            TooLargeError: it unpacks to more than `largest` bytes.
        """
        home = self.home(model)
        home.make()
        temporary = Path(tempfile.mkdtemp(prefix=".upload.", dir=home.path))
        try:
            unpack(stream, temporary, largest=largest)
            return self.add(model, temporary, trial=trial or Trial())
        except ModelError as error:
            # The path is of no use to the sender of the archive.
            raise InputError(str(error).replace(str(temporary), "The archive")) from error
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def promote(self, model: str, name_or_alias: str, *, expected: str | None = None) -> Version:
        """Make a version the live one; the one that was live becomes the previous one.

        With `expected`, only while that version is the live one ("" for none): a decision holds for no other.

        Raises:
            VersionNotFoundError: there is no such version.
            ModelDirectoryError: it is damaged, so it does not go live.
            ConflictError: another version than the expected one is live by now.
        """
        version = self._checked_version(model, name_or_alias)
        with self.home(model).changing():
            self.version(model, version.version)  # it may have been removed meanwhile
            live = self.live_name(model) or ""
            if expected is not None and live not in (expected, version.version):
                raise ConflictError(f"The version {live or 'none'} of '{model}' went live meanwhile.")
            if live != version.version:
                self._point(model, version.version, live or None)
            return self.version(model, version.version)

    def rollback(self, model: str) -> Version:
        """Make the previous version live again; a second rollback undoes the first.

        Raises:
            ConflictError: there is no previous version.
            ModelDirectoryError: it is damaged, so it does not go live.
        """
        while True:
            aliases = self._aliases(model)
            if not aliases.get("previous"):
                raise ConflictError(f"The model '{model}' has no previous version to go back to.")
            previous = self._checked_version(model, aliases["previous"])
            with self.home(model).changing():
                if self._aliases(model) == aliases:  # else another one changed them while this one checked
                    self._point(model, previous.version, aliases["live"])
                    return self.version(model, previous.version)

    def remove(self, model: str, name_or_alias: str) -> None:
        """Remove a version for ever.

        Raises:
            VersionNotFoundError: there is no such version.
            ConflictError: it is live, or bundled with the package.
        """
        home = self.home(model)
        self.version(model, name_or_alias)  # an unknown model gets no directory
        with home.changing():
            version, aliases = self.version(model, name_or_alias), self._aliases(model)
            if version.version == aliases.get("live"):
                raise ConflictError(f"The version {version.version} is live. Promote another one first.")
            if version.path.parent != home.versions:
                raise ConflictError(f"The version {version.version} is bundled with the package; it stays.")
            if version.version == aliases.get("previous"):
                home.point(aliases["live"], None)
            retired = home.retire(version.version)
        shutil.rmtree(retired, ignore_errors=True)

    def remove_model(self, model: str) -> None:
        """Remove a model with all its versions and kept rows; a bundled one is then as it was bundled.

        Raises:
            ModelNotFoundError: the repository holds nothing under the name.
        """
        home = self.home(model)
        if not home.path.is_dir():
            raise ModelNotFoundError(f"The repository holds nothing of a model '{model}'.", field="model")
        with self._lock.held(model):
            retired = retire(home.path)
        shutil.rmtree(retired, ignore_errors=True)

    def prune(self, model: str, keep: int = 5) -> list[str]:
        """Remove all versions but the newest, the live and the previous one; returns the removed ones.

        Left-overs of interrupted work are removed too.
        """
        if keep < 0:
            raise InputError(f"keep is {keep}; expected 0 or more.", field="keep")
        home = self.home(model)
        if not home.path.is_dir():
            return []
        with home.changing():
            own = [version for version in self.versions(model) if version.path.parent == home.versions]
            old = [version.version for version in own[keep:] if not version.live and not version.previous]
            retired = [home.retire(version) for version in old]
        for path in retired:
            shutil.rmtree(path, ignore_errors=True)
        home.sweep()
        return old

    def _checked_version(self, model: str, name_or_alias: str) -> Version:
        """A version whose files are all as they were saved. Looking takes a while, so no lock is held."""
        version = self.version(model, name_or_alias)
        try:
            _checked(version.directory())
        except (ModelError, OSError):
            self.version(model, version.version)  # where it was removed meanwhile, that is the reason
            raise
        return version

    def _point(self, model: str, live: str, previous: str | None) -> None:
        bundled = _bundled(model, {})
        if bundled is not None and bundled.version in (live, previous):
            # The package may come with another one after an upgrade; this one stays.
            self.add(model, bundled.path, origin="bundled")
        self.home(model).point(live, previous)

    def _aliases(self, model: str) -> dict[str, Any]:
        values = self.home(model).aliases()
        if values is None:
            bundled = _bundled(model, {})
            return {} if bundled is None else {"live": bundled.version}
        return values

    def _read(self, home: ModelHome, path: Path, aliases: dict[str, Any]) -> Version:
        record = home.record(path.name)
        return Version(
            home.path.name,
            path.name,
            path,
            added_at="" if record.get("origin") == "bundled" else record.get("added_at", ""),
            origin=record.get("origin", "added"),
            live=aliases.get("live") == path.name,
            previous=aliases.get("previous") == path.name,
            corpora=tuple(record.get("corpora", ())),
            decision=record.get("decision"),
        )


def _bundled(model: str, aliases: dict[str, Any]) -> Version | None:
    """The version of a model that comes with the package."""
    path = bundled_models().get(model)
    if path is None:
        return None
    name = ModelDirectory(path).version()
    live, previous = aliases.get("live") == name, aliases.get("previous") == name
    return Version(model, name, path, origin="bundled", live=live, previous=previous)


def _checked(directory: ModelDirectory) -> ModelDirectory:
    """Check that every file of a directory is as it was saved, and that this release can read it."""
    directory.verify()
    directory.config()
    directory.weights()
    directory.tokenizer()
    return directory


@contextmanager
def _copied(source: ModelDirectory, versions: Path) -> Iterator[Path]:
    """A copy of the files that the manifest lists, on disk already, for a block that gives it its name."""
    temporary = Path(tempfile.mkdtemp(prefix=".adding.", dir=versions))
    try:
        temporary.chmod(0o755)  # mkdtemp's are for their owner alone
        for file in source.verify():
            shutil.copyfile(source.path / file, temporary / file)
        durable_files.sync_tree(temporary)
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
