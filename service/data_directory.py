"""One data directory: its repository, queue, feedback and answers."""

from __future__ import annotations

import threading
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from textcnn.service.jobs.queue import JobQueue
from textcnn.service.loaded.follower import Follower, is_path
from textcnn.service.retraining.kept_answers import Answers
from textcnn.service.retraining.kept_feedback import Feedback
from textcnn.service.service_errors import ConflictError, StorageError
from textcnn.service.storage.database import Database
from textcnn.service.versions.repository import Repository

if TYPE_CHECKING:
    from textcnn.service.loaded.registry import Registry
    from textcnn.service.settings import Settings


class DataDirectory:
    """A data directory whose parts are opened when they are first needed: labelling texts writes nothing."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opening = threading.Lock()
        self._database: Database | None = None
        self._following: Follower | None = None

    @property
    def path(self) -> Path:
        """The path of the directory.

        Raises:
            StorageError: the settings name no place.
        """
        if self._settings.data_dir is None:
            raise StorageError("This service keeps no versions and trains nothing: set TEXTCNN_DATA_DIR.")
        return self._settings.data_dir.absolute()

    @cached_property
    def repository(self) -> Repository:
        """The versions of the models."""
        return Repository(self.path, self._opened)

    @property
    def jobs(self) -> JobQueue:
        """The queue of jobs."""
        return JobQueue(self._opened())

    @property
    def feedback(self) -> Feedback:
        """The feedback, which expires as the settings say."""
        return Feedback(self._opened(), days=self._settings.keep_days)

    @property
    def answers(self) -> Answers:
        """The kept answers, which expire as the settings say."""
        return Answers(self._opened(), days=self._settings.keep_days)

    def require_followed(self, model: str) -> None:
        """Refuse to change the live version of a model that is not served from the repository.

        Raises:
            ConflictError: it is served from a directory.
        """
        for served in self._settings.models:
            if is_path(served) and Path(served).absolute().name == model:
                raise ConflictError(
                    f"The model '{model}' is served from a directory, so no other version of it would "
                    "answer. Add the directory to the repository with `textcnn repo add`, and serve the "
                    "model by its name.",
                    field="model",
                )

    def load(self, registry: Registry) -> None:
        """Load the models that the settings name, in their live versions where there is a data directory."""
        if self._settings.data_dir is None:
            registry.load(self._settings.models, self._settings.default_model)
        else:
            self._follower(registry).load()

    async def follow(self, registry: Registry) -> None:
        """Keep the registry at the live versions, until cancelled."""
        if self._settings.data_dir is not None:
            self._following = self._follower(registry)
            await self._following.run()

    def answer_live(self, model: str) -> None:
        """Let this process answer with the live version of a model before anybody is told that it is live."""
        if self._following is not None:
            self._following.look_at(model)

    def close(self) -> None:
        """Close the database."""
        if self._database is not None:
            self._database.close()

    def _follower(self, registry: Registry) -> Follower:
        return Follower(registry, self.repository, self._settings.models, self._settings.default_model)

    def _opened(self) -> Database:
        with self._opening:
            if self._database is None:
                self._database = Database.of(self._settings.database_url, self.path)
            return self._database
