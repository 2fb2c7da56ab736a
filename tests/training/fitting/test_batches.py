from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from textcnn.tokens.token_batch import TokenBatch
from textcnn.training.fitting.batches import TokenisedPart

if TYPE_CHECKING:
    from collections.abc import Sequence

CPU = torch.device("cpu")


def part_of(lengths: Sequence[int], times: Sequence[int] | None = None) -> TokenisedPart:
    tokens = TokenBatch.of([[2] * length for length in lengths])
    repeated = None if times is None else np.array(times)
    return TokenisedPart(tokens, torch.zeros(len(lengths)), CPU, max_tokens=200, times=repeated)


@given(lengths=st.lists(st.integers(0, 50), min_size=1, max_size=300), size=st.integers(1, 40))
def test_an_epoch_has_every_row_once_and_repeats_from_its_seed(lengths: list[int], size: int) -> None:
    part = part_of(lengths)
    batches = part.epoch(size, (3, 1))
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    assert max(map(len, batches)) <= size
    again = part.epoch(size, (3, 1))
    assert [rows.tolist() for rows in batches] == [rows.tolist() for rows in again]


@given(times=st.lists(st.integers(1, 4), min_size=1, max_size=100), size=st.integers(1, 40))
def test_an_epoch_has_each_row_as_often_as_it_is_asked_to(times: list[int], size: int) -> None:
    batches = part_of([3] * len(times), times).epoch(size, (0, 0))
    assert np.bincount(np.concatenate(batches)).tolist() == times
    assert all(len(rows) == size for rows in batches) or sum(len(rows) < size for rows in batches) == 1


def test_epochs_differ() -> None:
    part = part_of([1] * 100)
    first, second = (np.concatenate(part.epoch(10, (0, epoch))).tolist() for epoch in (0, 1))
    assert first != second


def test_texts_of_like_length_share_a_batch_so_that_there_is_little_padding() -> None:
    lengths = np.random.default_rng(0).integers(1, 200, 5_000)
    batches = part_of(lengths.tolist()).epoch(32, (0, 0))
    padded = sum(int(lengths[rows].max()) * len(rows) for rows in batches)
    assert padded < 1.1 * lengths.sum()


@given(rows=st.lists(st.lists(st.integers(2, 9), max_size=8), min_size=1, max_size=10))
def test_a_batch_is_the_rows_padded_with_zeros_to_the_longest(rows: list[list[int]]) -> None:
    part = TokenisedPart(TokenBatch.of(rows), torch.arange(len(rows)), CPU, max_tokens=5)
    index = np.arange(len(rows))[::-1].copy()
    batch = part.batch(index)
    for row, ids, length, target in zip(index, batch.ids, batch.lengths, batch.targets, strict=True):
        kept = rows[row][:5]
        assert ids[: int(length)].tolist() == kept
        assert not ids[int(length) :].any()
        assert int(target) == row


def test_in_order_every_row_is_met_with_its_number() -> None:
    rows = [[2], [3, 3, 3], [], [4, 4]]
    part = TokenisedPart(TokenBatch.of(rows), torch.arange(4), CPU, max_tokens=9)
    met = [
        (number, batch.targets[place].item())
        for numbers, batch in part.in_order(3)
        for place, number in enumerate(numbers)
    ]
    assert sorted(met) == [(0, 0), (1, 1), (2, 2), (3, 3)]


def test_only_tokens_that_are_read_count() -> None:
    rows = [[2, 3, 4, 5], [], [6], [7, 8, 9]]
    part = TokenisedPart(TokenBatch.of(rows), torch.arange(4), CPU, max_tokens=2)
    assert part.token_ids.tolist() == [2, 3, 6, 7, 8]
