from __future__ import annotations

import pytest

from benchmarks.accuracy import TASKS, deduplicated
from benchmarks.kim import MODES, PAPER, seeds, summary
from benchmarks.machine import read_results
from textcnn.rows import Row
from training.config import Recipe
from training.starts.base import BASES, base_directory

NO_TEXTS = {"auto", "rand", "base-en", "base-zh"}
"""Starts that are made of no text at all: the bases are the input matrices of encoders."""


def test_no_committed_figure_starts_from_texts_that_it_is_tested_on() -> None:
    for task in read_results("accuracy")["tasks"].values():
        assert Recipe(**task["choices"]).init in NO_TEXTS
    for task in TASKS.values():
        assert Recipe(**task.choices).init in NO_TEXTS
    for base in BASES:
        files = {file.name for file in base_directory(base).iterdir()}
        assert files - {"LICENSE"} == {"README.md", "embeddings.safetensors", "tokenizer.json"}


def test_equal_texts_count_once() -> None:
    rows = [Row(1, "A b!", ("x",), "f"), Row(2, "a B", ("x",), "f"), Row(3, "c", ("y",), "f")]
    assert [row.line for row in deduplicated(rows)] == [1, 3]


def test_a_cell_of_kims_table_has_three_seeds_or_ten_folds() -> None:
    for name, figures in PAPER.items():
        assert len(figures) == len(MODES)
        for mode in MODES:
            runs = len(seeds(TASKS[name], mode)) * (TASKS[name].folds or 1)
            assert runs in (3, 10, 30)
    cell = summary([{"accuracy": 0.5}, {"accuracy": 0.6}])
    assert (cell["mean"], cell["sd"]) == (55, pytest.approx(7.07))
