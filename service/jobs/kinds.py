"""The kinds of jobs: each by its name in the queue. A new one is an attempt, listed here, and its route."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textcnn.service.jobs.file_attempt import FileAttempt
from textcnn.service.jobs.training_attempt import TrainingAttempt

if TYPE_CHECKING:
    from textcnn.service.jobs.attempt import Attempt

ATTEMPTS: Final[dict[str, type[Attempt]]] = {
    attempt.kind: attempt for attempt in (TrainingAttempt, FileAttempt)
}


def kinds_without_pytorch() -> tuple[str, ...]:
    """The kinds that a worker can do where PyTorch is not installed."""
    return tuple(kind for kind, attempt in ATTEMPTS.items() if not attempt.needs_pytorch)
