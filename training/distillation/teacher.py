"""A teacher: anything that gives a text a probability for each label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray


class Teacher(Protocol):
    """Scores texts for a fixed list of labels."""

    name: str
    identity: str
    """Of the same identity are teachers that give the same scores."""
    slow: bool
    """Whether its scores are worth keeping on disk."""
    seen: frozenset[str]
    """Digests of the texts that it was taught on, as far as it tells (`taught_texts`)."""

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Probabilities (texts x L); a row of NaN where it does not know the text."""
        ...
