"""The token ids of several texts, without padding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray


@dataclass(slots=True)  # freezing it would take longer than filling it
class TokenBatch:
    """The ids of several texts, one after the other, without padding.

    `ids` holds the tokens of text `i` at `offsets[i]` up to `offsets[i + 1]`.
    """

    ids: NDArray[np.int32]
    offsets: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Sequence[Sequence[int] | NDArray[np.int32]]) -> TokenBatch:
        """A batch of the given rows of ids."""
        offsets = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum([len(row) for row in rows], out=offsets[1:])
        ids = np.empty(int(offsets[-1]), dtype=np.int32)
        for start, stop, row in zip(offsets, offsets[1:], rows, strict=False):
            ids[start:stop] = row
        return cls(ids, offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> NDArray[np.int32]:
        """The ids of one text."""
        return self.ids[self.offsets[index] : self.offsets[index + 1]]

    def __iter__(self) -> Iterator[NDArray[np.int32]]:
        return (self[index] for index in range(len(self)))

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each text."""
        return np.diff(self.offsets)

    def cut(self, most: int) -> TokenBatch:
        """The same texts, of each at most so many tokens."""
        if self.lengths.max(initial=0) <= most:
            return self
        return TokenBatch.of([row[:most] for row in self])

    def count(self, token: int) -> NDArray[np.int64]:
        """How often a token is in each text."""
        before = np.zeros(len(self.ids) + 1, dtype=np.int64)  # occurrences before each place
        np.cumsum(self.ids == token, out=before[1:])
        return np.diff(before[self.offsets])
