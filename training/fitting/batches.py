"""The tokenised corpus, and the batches that an epoch makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from textcnn.config import PAD_ID

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from textcnn.tokens.token_batch import TokenBatch

BUCKET = 50
"""Batches whose rows are sorted by length together: enough for little padding, few enough to stay random."""


@dataclass(frozen=True)
class Batch:
    """Some rows, padded to the longest of them."""

    ids: Tensor  # B x T
    lengths: Tensor  # B
    targets: Tensor  # B label indices, B x L zeros and ones for multi-label, or B x L shares to distil

    def __len__(self) -> int:
        return len(self.lengths)


class TokenisedPart:
    """The rows of one part of the corpus as ids, on the device when they fit there."""

    def __init__(
        self,
        tokens: TokenBatch,
        targets: Tensor,
        device: torch.device,
        max_tokens: int,
        times: NDArray[np.int64] | None = None,
    ) -> None:
        """`times` (rows) is how often an epoch has each row; None: once."""
        tokens = tokens.cut(max_tokens)
        self.device, self.lengths = device, tokens.lengths
        self._ids = torch.from_numpy(tokens.ids.astype(np.int64))
        self._starts = torch.from_numpy(tokens.offsets[:-1].copy())
        self._counts = torch.from_numpy(self.lengths)
        self._targets, self._times = targets, times
        if _fits(self._ids, device):
            self._ids, self._starts = self._ids.to(device), self._starts.to(device)
            self._counts, self._targets = self._counts.to(device), targets.to(device)

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def token_ids(self) -> NDArray[np.int32]:
        """The ids of all tokens that are read, one text after the other."""
        return self._ids.cpu().numpy().astype(np.int32)

    def batch(self, rows: NDArray[np.int64]) -> Batch:
        """The given rows, padded to the longest of them (to one token where all are empty)."""
        index = torch.from_numpy(rows).to(self._ids.device)
        lengths = self._counts[index]
        longest = max(1, int(self.lengths[rows].max()))  # known on the host: no wait for the GPU
        positions = torch.arange(longest, device=self._ids.device)
        where = self._starts[index][:, None] + positions  # B x T
        inside = positions < lengths[:, None]
        if len(self._ids):
            ids = self._ids[where.clamp(max=len(self._ids) - 1)].masked_fill(~inside, PAD_ID)
        else:  # not one token in the whole part
            ids = torch.full(where.shape, PAD_ID, device=where.device)
        to = self.device
        return Batch(ids.to(to), lengths.to(to), self._targets[index].to(to))

    def epoch(self, batch_size: int, seed: Sequence[int]) -> list[NDArray[np.int64]]:
        """The row numbers of each batch of an epoch: shuffled, with rows of like lengths together.

        The same seed gives the same batches.
        """
        random = np.random.default_rng(seed)
        rows = np.arange(len(self))
        rows = rows if self._times is None else np.repeat(rows, self._times)
        return [rows[batch] for batch in shuffled_batches(self.lengths[rows], batch_size, random)]

    def in_order(self, batch_size: int) -> Iterator[tuple[NDArray[np.int64], Batch]]:
        """Row numbers and batches of all rows, shortest first."""
        order = np.argsort(self.lengths, kind="stable")
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            yield rows, self.batch(rows)


def shuffled_batches(
    lengths: NDArray[np.int64], batch_size: int, random: np.random.Generator
) -> list[NDArray[np.int64]]:
    """Numbers of rows of these lengths in batches: shuffled, with rows of like lengths together."""
    order = random.permutation(len(lengths))
    batches: list[NDArray[np.int64]] = []
    for start in range(0, len(order), BUCKET * batch_size):
        bucket = order[start : start + BUCKET * batch_size]
        bucket = bucket[np.argsort(lengths[bucket], kind="stable")]
        batches += [bucket[at : at + batch_size] for at in range(0, len(bucket), batch_size)]
    return [batches[index] for index in random.permutation(len(batches))]


def _fits(ids: Tensor, device: torch.device) -> bool:
    """Whether the corpus takes at most a quarter of the memory that the device has left."""
    if device.type != "cuda":
        return True
    free, _ = torch.cuda.mem_get_info(device)
    return ids.nbytes * 4 < free
