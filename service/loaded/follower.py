"""Keep the registry at the live versions of the repository, in every process by itself.

A promoted version is loaded and warmed beside the one that answers, and takes its place by one reference. A
request that holds the old one ends with it, and then it is freed. A version that cannot be loaded leaves the
old one answering, and the registry tells why.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from textcnn.catalogue import bundled_models
from textcnn.errors import TextCNNError
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

    def load(self) -> None:
        """Load everything at the start: live versions, and directories that are named by their paths.

        Raises:
            ModelNotFoundError, ModelDirectoryError, ConfigError: as `Registry.load`.
        """
        models: list[str | LoadedModel] = []
        for name in self._models or self._names():
            live = self._live(name)
            models.append(name if live is None else self._read(name, live))
        self._registry.load(models, self._default)

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
        """Update the registry to the versions that are live now, one model after another."""
        followed = self._models or self._names()
        for name in followed:
            live = self._live(name)
            if live is not None and live != self._loaded(name):
                self._replace(name, live)
            elif self._registry.failure(name):
                self._registry.forgive(name)
        if not self._models:
            self._registry.keep_only(followed)

    def _replace(self, name: str, version: str) -> None:
        if self._registry.failed(name, version):
            return  # it will not load better the second time; another version, or none, comes next
        try:
            model = self._read(name, version)
        except (TextCNNError, OSError) as error:
            sentence = error.message if isinstance(error, TextCNNError) else str(error)
            sentence = sentence.replace(f"{self._repository.home(name).versions}/", "")
            log.error("version %s of %s is not taken: %s", version, name, sentence)
            self._registry.fail(name, version, sentence)
            return
        self._registry.replace(model)
        log.info("version %s of %s answers", version, name)

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
