"""Versions that no longer answer, loaded again for requests that name them: to compare, or to look back."""

from __future__ import annotations

import logging
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Final

from textcnn.errors import ModelError, ModelNotFoundError
from textcnn.service.loaded.registry import load_version
from textcnn.service.service_errors import VersionNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from textcnn.service.loaded.registry import LoadedModel, Registry
    from textcnn.service.versions.repository import Repository
    from textcnn.service.versions.version import Version

log = logging.getLogger(__name__)

MOST: Final = 2
"""Versions held in each process; the least recently used one goes first."""


class EarlierVersions:
    """Load versions of the repository that the registry does not hold. It blocks: call it in a thread."""

    def __init__(self, registry: Registry, repository: Callable[[], Repository]) -> None:
        self._registry, self._repository = registry, repository
        self._held: OrderedDict[tuple[str, str], LoadedModel] = OrderedDict()
        self._loading = Lock()

    def get(self, name: str, version: str) -> LoadedModel:
        """A version of a model that is served, by its name or alias.

        Raises:
            ModelNotFoundError, VersionNotFoundError: there is no such model or version, or it is damaged.
            StorageError: this service keeps no versions.
        """
        stored = self._repository().version(name, version)
        current = self._registry.get(name)
        if current.version == stored.version:
            return current
        key = name, stored.version
        with self._loading:  # one at a time: loading takes memory
            model = self._held.get(key)
            if model is None:
                model = self._held[key] = _load(stored)
            self._held.move_to_end(key)
            if len(self._held) > MOST:
                self._held.popitem(last=False)
        return model


def _load(version: Version) -> LoadedModel:
    try:
        return load_version(version)
    except (ModelError, ModelNotFoundError):
        log.exception("version %s of %s cannot be loaded", version.version, version.model)
        # The sentence names a path of this machine, which is not for clients.
        raise VersionNotFoundError(
            f"The version {version.version} of {version.model} cannot be loaded; "
            "the service's log tells why.",
            field="version",
        ) from None
