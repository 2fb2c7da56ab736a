"""A training as the worker hands it to its child: in a file, since a command line may be too short for it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from textcnn.service.storage import durable_files

if TYPE_CHECKING:
    from pathlib import Path


DATABASE: Final = "TEXTCNN_DATABASE_URL"
"""The variable that tells a child the database: the URL may hold a password, which is for no command line."""


@dataclass(frozen=True)
class TrainingTask:
    """A request to retrain, and where the worker has what it needs."""

    model: str
    data_directory: str
    work: str
    feedback: str | None
    """The file of the stored feedback, where it is asked for."""
    keep_days: int | None
    request: dict[str, Any]
    """A `RetrainRequest` whose files are paths, as JSON values."""
    patience: float
    """Seconds without a sign of life of the worker after which the child ends."""

    @classmethod
    def read(cls, path: Path) -> TrainingTask:
        """The task that `write` wrote."""
        return cls(**json.loads(path.read_bytes()))

    def write(self, path: Path) -> None:
        """Write the task to a file."""
        durable_files.write_json(path, asdict(self))
