"""Keep the registry at the live versions of the repository, in every process by itself.

A promoted version is loaded and warmed beside the one that answers, and takes its place by one reference. A
request that holds the old one ends with it, and then it is freed. A version that cannot be loaded leaves the
old one answering, and the registry tells why.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from textcnn.catalogue import bundled_models
from textcnn.errors import ConfigError, ModelError, ModelNotFoundError, TextCNNError
from textcnn.service.loaded.registry import Failure, load_model, load_version
from textcnn.service.logs import Trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textcnn.service.loaded.registry import LoadedModel, Registry, Versions
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

    def load(self) -> None:
        """Load everything at the start: live versions, and directories that are named by their paths.

        Where a live version is not there or damaged, the previous one answers, and the registry tells why.
        Where no version of any model loads, the service starts without one: another may be promoted.

        Raises:
            ModelNotFoundError, ModelError, ConfigError: as `Registry.load`.
        """
        loaded: dict[str, Versions] = {}
        failures: dict[str, Failure] = {}
        for place in self._models or self._names():
            name = Path(place).absolute().name if is_path(place) else place
            if name in loaded or name in failures:
                raise ConfigError(f"Two models are named '{name}'; rename a directory.", field="models")
            model, failure = self._first(place)
            if model is not None:
                loaded[name] = (model,)
            if failure is not None:
                failures[name] = failure
        self._registry.publish_with_failures(loaded, failures, self._default)

    def _first(self, place: str) -> tuple[LoadedModel | None, Failure | None]:
        """The model that answers at the start, and why it is not the live version, or not there."""
        version = ""
        try:
            version = self._live(place) or ""
            return (self._read(place, version) if version else load_model(place)), None
        except (TextCNNError, OSError) as error:
            failure = _as_failure(version, error, place)
        try:
            return (self._read(place, "previous") if version else None), failure
        except (TextCNNError, OSError):
            return None, failure

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
        version = ""
        try:
            version = self._live(name) or ""
            self._follow(name, version)
        except (TextCNNError, OSError) as error:
            if not self._was_overtaken(name, version):
                self._registry.fail(name, _as_failure(version, error, name))

    def _follow(self, name: str, live: str) -> None:
        """Bring a model to its live version, where it has one, unless that was tried in vain."""
        if live and live != self._loaded(name):
            if not self._registry.failed(name, live) or self._is_back(name, live):
                self._registry.replace(self._read(name, live))
                log.info("version %s of %s answers", live, name)
        elif self._loaded(name) and self._registry.failure(name):
            self._registry.forgive(name)

    def _was_overtaken(self, name: str, version: str) -> bool:
        """Whether another version went live, and this one was removed perhaps, while it was loaded."""
        try:
            return version != (self._live(name) or "")
        except (TextCNNError, OSError):
            return False

    def _is_back(self, name: str, version: str) -> bool:
        """Whether a version that was not there is there now; another will not load better the second time."""
        failure = self._registry.failures.get(name)
        missing = failure is not None and isinstance(failure.error, ModelNotFoundError)
        return missing and (self._repository.home(name).versions / version).is_dir()

    def _read(self, name: str, version: str) -> LoadedModel:
        return load_version(self._repository.version(name, version))

    def _names(self) -> list[str]:
        """Every model that has a live version, or one that cannot be told."""
        return [name for name in self._repository.names() if self._may_have_live(name)]

    def _may_have_live(self, name: str) -> bool:
        try:
            return bool(self._repository.live_name(name))
        except (TextCNNError, OSError):
            return True  # who looks closer tells

    def _live(self, name: str) -> str | None:
        """The live version of a followed model; None for one that is named by a path."""
        if is_path(name):
            return None
        known = name in bundled_models() or self._repository.home(name).path.is_dir()
        return self._repository.live_name(name) if known else None

    def _loaded(self, name: str) -> str | None:
        versions = self._registry.published.get(name)
        return versions[0].version if versions else None


def _as_failure(version: str, error: TextCNNError | OSError, place: str) -> Failure:
    known = error if isinstance(error, TextCNNError) else ModelError(f"{error.strerror or error}.")
    return Failure(version, known, place if is_path(place) else "")
