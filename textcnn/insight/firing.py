"""The n-grams of a corpus that fire each filter most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from textcnn.evidence.logit_shares import winning_windows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from textcnn.engine.engine import Engine
    from textcnn.tokens.token_batch import TokenBatch

FIRING: Final = 5
"""N-grams of a corpus that are kept for each filter."""


@dataclass(frozen=True, slots=True)
class FiringNGram:
    """An n-gram and how much it fires a filter: act(c + b)."""

    tokens: tuple[str, ...]
    """As the vocabulary spells them; padding is left out."""
    activation: float

    def to_dict(self) -> dict[str, object]:
        """As plain JSON values."""
        return {"tokens": list(self.tokens), "activation": self.activation}


class FiringInCorpus:
    """The n-grams that fire each filter in texts, with few of them in memory."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._widths = np.repeat(engine.config.widths, engine.config.bank)  # N
        count = len(self._widths)
        self._best: list[dict[tuple[int, ...], float]] = [{} for _ in range(count)]
        self._fires, self._sum = np.zeros(count, dtype=np.int64), np.zeros(count)
        self.texts = 0

    def add(self, batch: TokenBatch) -> None:
        """Take note of some texts."""
        totals, features, places = winning_windows(self._engine, batch)  # texts x N
        self._fires += (totals > 0).sum(axis=0)
        self._sum += features.sum(axis=0, dtype=np.float64)
        self.texts += len(batch)
        for f, width in enumerate(self._widths.tolist()):
            self._add_filter(f, width, batch, features[:, f], places[:, f])

    def _add_filter(
        self, f: int, width: int, batch: TokenBatch, values: NDArray[np.float32], places: NDArray[np.int64]
    ) -> None:
        best = self._best[f]
        lowest = min(best.values()) if len(best) >= FIRING else -np.inf
        # Several texts may have the same n-gram, so more are looked at than are kept.
        for text in (-values).argsort(kind="stable")[: 4 * FIRING].tolist():
            value = float(values[text])
            if value <= lowest:
                break
            ids = batch[text]
            n_gram = tuple(ids[max(places[text], 0) : places[text] + width].tolist())
            if n_gram:
                best[n_gram] = max(value, best.get(n_gram, value))
        strongest = sorted(best.items(), key=lambda item: -item[1])[:FIRING]
        self._best[f] = dict(strongest)

    def firing(self, place: int, spellings: Sequence[str]) -> tuple[FiringNGram, ...]:
        """The n-grams that fire a filter most, the strongest first."""
        items = self._best[place].items()
        return tuple(FiringNGram(tuple(spellings[each] for each in ids), value) for ids, value in items)

    def share(self, place: int) -> float | None:
        """Of the texts that fire a filter; None without texts."""
        return float(self._fires[place] / self.texts) if self.texts else None

    def mean(self, place: int) -> float | None:
        """Activation of a filter; None without texts."""
        return float(self._sum[place] / self.texts) if self.texts else None
