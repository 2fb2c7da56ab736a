"""The options of a worker."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from textcnn.service.process.limited_child import ChildLimits

_LEAST_PATIENCE: Final = 3.0
"""Seconds in which a busy machine lets every worker run."""


@dataclass(frozen=True)
class WorkerOptions:
    """Limits on what a worker takes, and how long it keeps things."""

    lease_seconds: float = 15.0
    """A worker that gives no sign of life for so long is taken for lost."""
    limits: ChildLimits = field(default_factory=ChildLimits)
    """The part of the machine that a job may take."""
    file_memory_bytes: int = 1_024_000_000
    """Bytes that labelling a file may take in each process, beyond the model's: `TEXTCNN_FILE_MEMORY_MB`."""
    longest_seconds: float = 6 * 3600.0
    """A job that takes longer is ended."""
    keep_days: int | None = None
    """Days that the rows of a corpus are kept for the next training; None for good."""

    @property
    def child_patience(self) -> float:
        """Seconds for which a child works on without a sign of life of its worker: less than a lease."""
        return max(0.8 * self.lease_seconds, _LEAST_PATIENCE)
