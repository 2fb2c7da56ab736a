"""Embedding and convolution folded into one table: what a token adds at each position of each filter.

    T_w[v, j, f] = W_w[f, :, j] . E[v]        V x R, where R = F * (sum of widths)

Where a maximum is pooled the numbers are int16, in steps of one scale for each filter:

    s_f = sum_j max_v |T_w[v, j, f]| / (32767 - w)

so that no sum of a window can overflow, as rounding adds half a step at most at each of w positions. So a
maximum differs from the exact one by at most w * s_f / 2, and a logit by at most

    B_c = sum_f |D_cf| * w * s_f / 2

as both activations have slopes of 1 at most; so a mean of activated windows moves no further than a window,
and with both pooled the sum is over both. Pooling the mean alone takes float32.

A built table is kept in a directory of the cache and memory-mapped, so that a process starts without building
it, and processes of one machine share its pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from textcnn.compilation import disk_cache
from textcnn.config import PAD_ID, NetworkConfig, TableNumbers
from textcnn.network.weights import Weights, folded_filters, folded_vectors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

FORMAT: Final = 1
"""Part of the name in the cache: raised when the layout of a table changes."""

_LARGEST: Final = 32767
_TABLE, _SCALES = "table.npy", "scales.npy"
_ROWS: Final = 2048
"""Rows that are computed at once in float32."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The folded rows of every token."""

    rows: NDArray[Any]
    """V x R, int16 or float32: the widths in order, in each the positions, in each the F filters."""
    scales: NDArray[np.float32]
    """widths*F: what one step of a filter's numbers is worth; 1 for float32."""


def load_tables(
    config: NetworkConfig, weights: Weights, numbers: TableNumbers, version: str | None
) -> Tables:
    """The tables of a model; with a version they are taken from the cache, or kept there when built."""
    if version is None:
        return build_tables(config, weights, numbers)
    name = f"tables-{FORMAT}-{version}-{numbers}"
    entry = disk_cache.find(name)
    if entry is not None:
        tables = _read(entry, config, numbers)
        if tables is not None:
            return tables
    built = build_tables(config, weights, numbers)
    entry = disk_cache.keep(name, lambda directory: _write(directory, built))
    return (_read(entry, config, numbers) if entry is not None else None) or built


def build_tables(config: NetworkConfig, weights: Weights, numbers: TableNumbers) -> Tables:
    """Fold embeddings and filters; `int16` is for networks that pool a maximum."""
    vectors = folded_vectors(weights).copy()
    vectors[PAD_ID] = 0
    filters = np.concatenate(
        [_by_position(config, weights, width) for width in config.widths], axis=1
    )  # D x R
    exact = numbers == "float32"
    rows = np.empty((len(vectors), filters.shape[1]), dtype=np.float32 if exact else np.int16)
    if exact:
        for part in _parts(len(vectors)):
            rows[part] = vectors[part] @ filters
        return _tables(rows, np.ones(config.bank * len(config.widths), dtype=np.float32))
    largest = np.zeros(filters.shape[1], dtype=np.float32)
    for part in _parts(len(vectors)):
        np.maximum(largest, np.abs(vectors[part] @ filters).max(axis=0), out=largest)
    scales = _scales(config, largest)
    steps = np.concatenate(
        [np.tile(each, width) for each, width in zip(scales, config.widths, strict=True)]
    )  # R
    for part in _parts(len(vectors)):
        rows[part] = np.rint(vectors[part] @ filters / steps)
    return _tables(rows, scales.reshape(-1))


def logit_bounds(config: NetworkConfig, tables: Tables, dense: NDArray[np.float32]) -> NDArray[np.float64]:
    """B_c (L): how far int16 tables can move each logit, for the dense layer `dense` (L x widths*F)."""
    steps = tables.scales.astype(np.float64) * np.repeat(config.widths, config.bank)
    steps = np.tile(steps, config.features // len(steps))
    return np.asarray(np.abs(dense).astype(np.float64) @ steps / 2)


def _tables(rows: NDArray[Any], scales: NDArray[np.float32]) -> Tables:
    # Built or mapped, they are of one type for the compiler.
    rows.flags.writeable = False
    return Tables(rows, scales)


def _by_position(config: NetworkConfig, weights: Weights, width: int) -> NDArray[np.float32]:
    """D x (w*F): the filters of one width, position after position; zeros where a member does not look."""
    filters, _ = folded_filters(weights, width)  # members*F x D x w
    rows = np.zeros((config.members, config.embedding_dim, width, config.members, config.filters), np.float32)
    for member, own in enumerate(np.split(filters, config.members)):
        rows[member, :, :, member] = own.transpose(1, 2, 0)
    return rows.reshape(config.vector_size, -1)


def _scales(config: NetworkConfig, largest: NDArray[np.float32]) -> NDArray[np.float32]:
    """One scale for each filter: widths x F."""
    scales = np.empty((len(config.widths), config.bank), dtype=np.float64)
    column = 0
    for index, width in enumerate(config.widths):
        part = largest[column : column + width * config.bank].reshape(width, -1)  # w x F
        scales[index] = part.sum(axis=0, dtype=np.float64) / (_LARGEST - width)
        column += width * config.bank
    scales[scales < np.finfo(np.float32).tiny] = 1  # a filter of zeros
    return scales.astype(np.float32)


def _parts(count: int) -> Iterator[slice]:
    return (slice(start, start + _ROWS) for start in range(0, count, _ROWS))


def _write(directory: Path, tables: Tables) -> None:
    np.save(directory / _TABLE, tables.rows)
    np.save(directory / _SCALES, tables.scales)


def _read(directory: Path, config: NetworkConfig, numbers: TableNumbers) -> Tables | None:
    """The tables in a directory; None where they are damaged."""
    try:
        rows = np.load(directory / _TABLE, mmap_mode="r")
        scales = np.load(directory / _SCALES)
    except (OSError, ValueError, EOFError):
        return None
    shape = (config.vocabulary_size, config.bank * sum(config.widths))
    if rows.shape != shape or rows.dtype != numbers or scales.shape != (config.bank * len(config.widths),):
        return None
    return _tables(np.asarray(rows), scales)
