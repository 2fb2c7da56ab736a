from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest

from textcnn.compilation import disk_cache
from textcnn.config import NetworkConfig
from textcnn.engine.tables import build_tables, load_tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textcnn.network.weights import Weights

    Draw = Callable[[NetworkConfig, int], Weights]

CONFIG = NetworkConfig(vocabulary_size=40, outputs=2, embedding_dim=4, filters=3, widths=(1, 3))


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TEXTCNN_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_no_sum_of_a_window_can_overflow(draw_weights: Draw) -> None:
    tables = build_tables(CONFIG, draw_weights(CONFIG, 0), "int16")
    wide = np.abs(tables.rows[:, 3:].astype(np.int64)).reshape(40, 3, 3)  # V x w x F
    assert (wide.max(axis=0).sum(axis=0) <= 32767).all()
    assert wide.max(axis=0).sum(axis=0).min() > 32000  # and all of the range is used


def test_a_filter_of_zeros_stays_one(draw_weights: Draw) -> None:
    weights = draw_weights(CONFIG, 0)
    weights["convolutions.3.weight"][1] = 0
    tables = build_tables(CONFIG, weights, "int16")
    assert np.isfinite(tables.scales).all()
    assert not tables.rows[:, 3:].reshape(40, 3, 3)[:, :, 1].any()


def test_kept_tables_are_mapped_from_a_file_that_processes_share(draw_weights: Draw, own_cache: Path) -> None:
    weights = draw_weights(CONFIG, 0)
    built = build_tables(CONFIG, weights, "int16")
    for _ in range(2):
        tables = load_tables(CONFIG, weights, "int16", "v1")
        assert isinstance(tables.rows.base, np.memmap)
        np.testing.assert_array_equal(tables.rows, built.rows)
        np.testing.assert_array_equal(tables.scales, built.scales)
    assert len(list(own_cache.iterdir())) == 1


@pytest.mark.parametrize("damage", ["truncate", "remove"])
def test_a_damaged_cache_is_built_anew(draw_weights: Draw, own_cache: Path, damage: str) -> None:
    weights = draw_weights(CONFIG, 0)
    built = load_tables(CONFIG, weights, "int16", "v1")
    file = next(own_cache.rglob("table.npy"))
    if damage == "truncate":
        os.truncate(file, 200)
    else:
        file.unlink()
    again = load_tables(CONFIG, weights, "int16", "v1")
    np.testing.assert_array_equal(again.rows, build_tables(CONFIG, weights, "int16").rows)
    assert built.scales.shape == again.scales.shape


def test_where_nothing_can_be_kept_tables_are_built_in_memory(
    draw_weights: Draw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a directory")
    monkeypatch.setenv("TEXTCNN_CACHE_DIR", str(tmp_path / "file" / "cache"))
    weights = draw_weights(CONFIG, 0)
    tables = load_tables(CONFIG, weights, "int16", "v1")
    np.testing.assert_array_equal(tables.rows, build_tables(CONFIG, weights, "int16").rows)


def test_the_cache_does_not_grow_for_ever(draw_weights: Draw, own_cache: Path) -> None:
    weights = draw_weights(CONFIG, 0)
    for number in range(disk_cache.ENTRIES + 3):
        load_tables(CONFIG, weights, "int16", f"v{number}")
        os.utime(next(own_cache.glob(f"*-v{number}-*")), (number, number))
    assert len(list(own_cache.iterdir())) <= disk_cache.ENTRIES + 1
