from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks import kim
from benchmarks.accuracy import SEEDS, TASKS, Task
from benchmarks.kim_2014 import MODES, PAPER

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_cell_has_three_seeds_or_ten_folds() -> None:
    for name, figures in PAPER.items():
        assert len(figures) == len(MODES)
        for mode in MODES:
            runs = len(kim.seeds(TASKS[name], mode)) * (TASKS[name].folds or 1)
            assert runs in (3, 10, 30)
    cell = kim.summary([{"accuracy": 0.5}, {"accuracy": 0.6}])
    assert (cell["mean"], cell["sd"]) == (55, pytest.approx(7.07))


def interrupted_after(count: int, done: list[tuple[str, int]]) -> Callable[[Task, Path, int], dict[str, Any]]:
    """A run of a seed that notes its mode, and is interrupted after so many."""

    def run_seed(task: Task, _: Path, seed: int) -> dict[str, Any]:
        if len(done) == count:
            raise KeyboardInterrupt
        done.append((task.choices["channels"], seed))
        return {"accuracy": 0.8, "seconds": 1.0}

    return run_seed


def test_an_interrupted_corpus_goes_on_with_the_cell_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for part in ("train", "dev", "test"):
        (tmp_path / f"{part}.csv").write_text(f"text,label\n{part},a\n", encoding="utf-8")
    monkeypatch.setattr(kim, "KEPT", tmp_path / "kept")
    done: list[tuple[str, int]] = []
    monkeypatch.setattr(kim, "run_seed", interrupted_after(5, done))
    with pytest.raises(KeyboardInterrupt):
        kim.other(tmp_path)
    monkeypatch.setattr(kim, "run_seed", interrupted_after(99, done))
    kim.other(tmp_path)
    assert done == [(mode, seed) for mode in MODES for seed in SEEDS]
    assert "rand: 80.0 ± 0.0" in capsys.readouterr().out
    kim.other(tmp_path)
    assert len(done) == 12
    (tmp_path / "test.csv").write_text("text,label\nanother,a\n", encoding="utf-8")
    kim.other(tmp_path)
    assert len(done) == 24  # another test part is another corpus


def test_other_corpora_are_files_or_directories_of_parts(tmp_path: Path) -> None:
    file = tmp_path / "reviews.csv"
    file.write_text("text,label\n", encoding="utf-8")
    assert kim.task_of(file) == Task(str(file), folds=10)
    with pytest.raises(SystemExit, match=r"train\.\*"):
        kim.task_of(tmp_path)
    (tmp_path / "train.jsonl.gz").touch()
    (tmp_path / "test.csv").touch()
    expected = Task(str(tmp_path / "train.jsonl.gz"), test=str(tmp_path / "test.csv"))
    assert kim.task_of(tmp_path) == expected
    (tmp_path / "dev.csv").touch()
    assert kim.task_of(tmp_path) == replace(expected, validation=str(tmp_path / "dev.csv"))
