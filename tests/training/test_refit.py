"""The second training in a process beside that of the first."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from tests.training.conftest import Begun
from textcnn.training import refit
from textcnn.training.data.corpus import corpus_from_rows
from textcnn.training.device import find_device
from textcnn.training.train import fit_corpus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textcnn.reading.rows import Row
    from textcnn.recipe import Recipe
    from textcnn.training.data.corpus import Corpus
    from textcnn.training.trained import Trained


@pytest.fixture(autouse=True)
def _as_many_rows_on_two_cores(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(refit, "LEAST_ROWS_BESIDE", 400)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def corpus(rows: list[Row]) -> Corpus:
    return corpus_from_rows(rows, seed=0, test_share=None)


def fit(corpus: Corpus, recipe: Recipe, reporter: Begun, **choices: Any) -> Trained:  # noqa: ANN401  # any value
    with find_device() as device:
        return fit_corpus(corpus, recipe.model_copy(update=choices), device, reporter)


@pytest.mark.slow
@pytest.mark.parametrize("epochs", ["best", "all"])
def test_a_training_beside_learns_what_one_afterwards_learns(
    epochs: str, corpus: Corpus, recipe: Recipe, begun: Begun
) -> None:
    choices = {"epochs": 8, "patience": 2, "select_by": "loss", "refit_epochs": epochs}
    beside = fit(corpus, recipe, begun, **choices)
    assert begun.epochs == [8]  # of the other no steps are told
    assert any("meanwhile" in note and "400 rows" in note for note in begun.notes)
    assert torch.get_num_threads() == 2
    torch.set_num_threads(1)
    afterwards = fit(corpus, recipe, begun, **choices)
    assert begun.epochs == [8, 8, 8 if epochs == "all" else afterwards.run.best_epoch]
    require_the_same(beside, afterwards)


def require_the_same(one: Trained, other: Trained) -> None:
    assert one.refit_rows == other.refit_rows == 400
    assert one.config == other.config
    np.testing.assert_array_equal(one.token_counts, other.token_counts)
    assert one.weights.keys() == other.weights.keys()
    for name, weight in one.weights.items():
        np.testing.assert_array_equal(weight, other.weights[name])


class Killing(Begun):
    """Kills the other process after the first epoch."""

    def epoch(self, row: dict[str, float], *, best: bool) -> None:
        super().epoch(row, best=best)
        for other in refits_of(os.getpid()):
            os.kill(int(other.name), signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_second_training_that_ends_early_is_told_and_done_again(corpus: Corpus, recipe: Recipe) -> None:
    killing = Killing()
    trained = fit(corpus, recipe, killing)
    assert any("exit code -9" in note for note in killing.notes)
    assert len(killing.epochs) == 2
    torch.set_num_threads(1)
    require_the_same(trained, fit(corpus, recipe, Begun()))


PROGRAM = """
import signal, time, torch
from textcnn.reading.rows import Row
from textcnn.training import Recipe, refit
from textcnn.training.data.corpus import corpus_from_rows
from textcnn.training.device import find_device
from textcnn.training.progress import Reporter
from textcnn.training.train import fit_corpus

class Waiting(Reporter):
    def begin(self, epochs):
        time.sleep(60)

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background inherits none
torch.set_num_threads(2)
refit.LEAST_ROWS_BESIDE = 0
rows = [Row(n, f"{word} {n}", (word,), "") for n in range(200) for word in ("good", "bad")]
recipe = Recipe(init="rand", epochs=10_000, patience=10_000)
with find_device() as device:
    fit_corpus(corpus_from_rows(rows), recipe, device, Waiting())
"""
"""It has no `if __name__ == "__main__"`, as a user's program may not."""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGKILL])
def test_no_training_is_left_when_the_first_one_ends_early(by: signal.Signals, tmp_path: Path) -> None:
    file, folder = tmp_path / "program.py", tmp_path / "temporary"
    file.write_text(PROGRAM)
    folder.mkdir()
    with subprocess.Popen(
        [sys.executable, file],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "TMPDIR": str(folder)},
    ) as program:
        while not list(folder.glob("*/epoch-1.safetensors")):
            assert program.poll() is None
            time.sleep(0.05)
        others = refits_of(program.pid)
        os.killpg(program.pid, by)  # as Ctrl-C in a terminal does
        try:
            _, words = program.communicate(timeout=30)
        finally:
            program.kill()
    if by == signal.SIGINT:
        assert words.endswith("KeyboardInterrupt\n")
        assert not list(folder.iterdir())
    assert len(others) == 1
    patience = time.monotonic() + 20
    while others[0].exists():
        assert time.monotonic() < patience, "it trains on"
        time.sleep(0.05)


def refits_of(parent: int) -> list[Path]:
    """Their processes, as directories of /proc."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split()
    processes = [Path("/proc") / child for child in children]
    return [process for process in processes if b"training.refit" in (process / "cmdline").read_bytes()]
