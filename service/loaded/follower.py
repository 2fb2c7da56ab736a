"""Keep the registry at the live versions of the repository, in every process by itself.

A promoted version is loaded and warmed beside the one that answers, and takes its place by one reference. A
request that holds the old one ends with it, and then it is freed. A version that cannot be loaded leaves the
old one answering, and the registry tells why.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import TYPE_CHECKING, Final

from textcnn.catalogue import bundled_models
from textcnn.errors import ModelNotFoundError, TextCNNError
from textcnn.service.loaded.registry import load_version
from textcnn.service.logs import Trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textcnn.service.loaded.registry import LoadedModel, Registry
    from textcnn.service.versions.repository import Repository

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 0.2
"""Seconds between two looks: a promoted version answers everywhere within this and the time of loading."""


def is_path(name: str) -> bool:
    """Whether a model to serve is named by the path of a directory."""
    return "/" in name or name.startswith(".")


class Follower:
    """Follow the models that are to be served: those named, or all of the repository without names."""

    def __init__(
        self,
        registry: Registry,
        repository: Repository,
        models: Sequence[str] = (),
        default: str | None = None,
    ) -> None:
        self._registry, self._repository, self._default = registry, repository, default
        self._models = tuple(models)
        self._looking = threading.Lock()
        self._missing: set[tuple[str, str]] = set()

    def load(self) -> None:
        """Load everything at the start: live versions, and directories that are named by their paths.

        Where a live version is not there or damaged, the one before it answers, and the log says so.

        Raises:
            ModelNotFoundError, ModelDirectoryError, ConfigError: as `Registry.load`.
        """
        models: list[str | LoadedModel] = []
        names = self._models or self._names()
        for name in names:
            live = self._live(name)
            model = name if live is None else self._read_live_or_previous(name, live)
            models += [] if model is None else [model]
        if models or not names:  # else all have failed, and others may be promoted
            failed = self._default is not None and self._registry.failure(self._default)
            self._registry.load(models, None if failed else self._default)

    async def run(self) -> None:
        """Look for changes until cancelled."""
        trouble = Trouble(log, "the repository cannot be read; what answers goes on")
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await asyncio.to_thread(self.look)
            except (TextCNNError, OSError) as error:
                trouble.met(error)
            else:
                trouble.over()

    def look(self) -> None:
        """Update the registry to the versions that are live now, one model after another.

        When it returns, the registry has what was live when it was called: looks wait for one another.
        """
        with self._looking:
            self._look()

    def look_at(self, name: str) -> None:
        """Update the registry to the version of one model that is live now, where that model is followed."""
        if not self._models or name in self._models:
            with self._looking:
                self._update(name)

    def _look(self) -> None:
        followed = self._models or self._names()
        for name in followed:
            self._update(name)
        if not self._models:
            self._registry.keep_only(followed)

    def _update(self, name: str) -> None:
        live = self._live(name)
        if live is not None and live != self._loaded(name):
            self._replace(name, live)
        elif self._registry.failure(name):
            self._registry.forgive(name)

    def _replace(self, name: str, version: str) -> None:
        if self._registry.failed(name, version) and not self._is_back(name, version):
            return  # it will not load better the second time; another version, or none, comes next
        try:
            model = self._read(name, version)
        except (TextCNNError, OSError) as error:
            if self._live(name) == version:  # else another one went live, and this one was removed, meanwhile
                self._fail(name, version, error)
            return
        self._registry.replace(model)
        log.info("version %s of %s answers", version, name)

    def _read_live_or_previous(self, name: str, live: str) -> LoadedModel | None:
        """The live version, loaded; else the one before it; else None, and the log tells why."""
        for version in (live, "previous"):
            try:
                return self._read(name, version)
            except (TextCNNError, OSError) as error:
                if version == live:
                    self._fail(name, version, error)
        return None

    def _fail(self, name: str, version: str, error: TextCNNError | OSError) -> None:
        """Remember, and log, why a version is not taken."""
        sentence = error.message if isinstance(error, TextCNNError) else str(error)
        sentence = sentence.replace(f"{self._repository.home(name).versions}/", "")
        log.error("version %s of %s is not taken: %s", version, name, sentence)
        self._registry.fail(name, version, sentence)
        if isinstance(error, ModelNotFoundError):
            self._missing.add((name, version))

    def _is_back(self, name: str, version: str) -> bool:
        """Whether a version that was not there is there now."""
        missing = (name, version)
        if missing not in self._missing or not (self._repository.home(name).versions / version).is_dir():
            return False
        self._missing.discard(missing)
        return True

    def _read(self, name: str, version: str) -> LoadedModel:
        return load_version(self._repository.version(name, version))

    def _names(self) -> list[str]:
        """Every model that has a live version."""
        return [name for name in self._repository.names() if self._repository.live_name(name)]

    def _live(self, name: str) -> str | None:
        """The live version of a followed model; None for one that is named by a path."""
        if is_path(name):
            return None
        known = name in bundled_models() or self._repository.home(name).path.is_dir()
        return self._repository.live_name(name) if known else None

    def _loaded(self, name: str) -> str | None:
        versions = self._registry.published.get(name)
        return versions[0].version if versions else None
