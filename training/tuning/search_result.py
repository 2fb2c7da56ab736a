"""The result of a search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textcnn.recipe import Recipe


@dataclass(frozen=True)
class SearchResult:
    """The best recipe that a search has found so far."""

    best: Recipe
    score: float
    """The validation score of the best recipe; of the best of many it flatters."""
    default_score: float | None
    """That of the recipe that was given, with nothing searched; None where it came to no end."""

    trials: int
    """Trials that were tried, over all sittings."""

    @property
    def default(self) -> str:
        """The default score for people."""
        return "none, as it was given up" if self.default_score is None else f"{self.default_score:.4f}"
