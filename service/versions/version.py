"""A version of a model in the repository, and what is known about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from textcnn.directory import ModelDirectory
from textcnn.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

FIGURES: Final = ("rows", "accuracy", "macro_f1")


@dataclass(frozen=True, slots=True)
class Version:
    """An immutable model directory under the name of its contents."""

    model: str
    version: str
    """The first 12 digits of the SHA-256 of its manifest."""
    path: Path
    added_at: str = ""
    """ISO 8601, UTC; empty for a bundled version."""
    origin: str = "added"
    """`bundled`, `added` (from a directory or an upload) or `trained` (by this loop)."""
    live: bool = False
    previous: bool = False
    corpora: tuple[str, ...] = ()
    """Ids of the kept corpora that it was trained on, oldest first."""
    decision: dict[str, Any] | None = None
    """The gate's decision, where it was trained here."""

    def directory(self) -> ModelDirectory:
        """The model directory.

        Raises:
            ModelDirectoryError: files are missing.
        """
        return ModelDirectory(self.path)

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values, with the figures of its own test part."""
        return {
            "model": self.model,
            "version": self.version,
            "live": self.live,
            "previous": self.previous,
            "origin": self.origin,
            "added_at": self.added_at or None,
            "corpora": list(self.corpora),
            "metrics": self._figures(),
            "decision": self.decision,
        }

    def _figures(self) -> dict[str, float]:
        """Figures on the test part; none of a damaged version, which is listed too, so it can be removed."""
        try:
            metrics = self.directory().metrics()
        except (ModelError, OSError, ValueError):
            return {}
        return {key: metrics[key] for key in FIGURES if isinstance(metrics.get(key), int | float)}
