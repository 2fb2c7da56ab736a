"""A job: its request, its progress and its outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from textcnn.service.storage.row_values import moment

WAITING: Final = "queued"
RUNNING: Final = ("checking", "training", "evaluating", "promoting", "labelling")
"""The first is that of a job just claimed; a child tells the others."""
ENDED: Final = ("done", "refused", "rejected", "failed", "cancelled")
"""`refused` by the check of its corpus, `rejected` by the gate."""


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the table `jobs`."""

    id: str
    kind: str
    """A key of `ATTEMPTS` in `kinds.py`, unless a later release queued it."""
    model: str | None
    state: str
    request: dict[str, Any]
    """As the class of its attempt reads it."""
    progress: dict[str, Any] | None
    report: dict[str, Any] | None
    error: str | None
    attempts: int
    cancelled: bool
    """Whether somebody asked for it to be cancelled."""
    created_at: float
    updated_at: float
    finished_at: float | None
    owner: str | None
    lease_until: float | None
    idempotency_key: str | None
    fingerprint: str | None
    fence: int = 0
    """Grows with each claim: whoever has a smaller number has lost the job."""
    failure: str | None = None
    """The way in which its last attempt failed unexpectedly."""

    @property
    def ended(self) -> bool:
        """Whether the job has ended, however it did."""
        return self.state in ENDED

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values, for clients."""
        return {
            "id": self.id,
            "kind": self.kind,
            "model": self.model,
            "state": self.state,
            "created_at": moment(self.created_at),
            "updated_at": moment(self.updated_at),
            "finished_at": None if self.finished_at is None else moment(self.finished_at),
            "attempts": self.attempts,
            "cancelling": self.cancelled and not self.ended,
            "progress": self.progress or {},
            "report": self.report,
            "error": self.error,
        }


@dataclass(frozen=True, slots=True)
class JobEvent:
    """Something that happened to a job."""

    id: int
    """Grows with time, so that a reader can go on after the last one it saw."""
    job: str
    at: float
    event: str
    data: dict[str, Any]
