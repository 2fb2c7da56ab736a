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

from textcnn.errors import DivergenceError, TextCNNError
from training import second
from training.corpus import corpus_from_rows
from training.place import find_place
from training.recipe import fit_corpus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.training.conftest import Begun
    from textcnn.rows import Row
    from training.config import Recipe
    from training.corpus import Corpus
    from training.recipe import Trained


@pytest.fixture(autouse=True)
def _as_many_rows_on_two_cores(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(second, "WORTH", 400)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def corpus(rows: list[Row]) -> Corpus:
    return corpus_from_rows(rows, seed=0, test_share=None)


def fit(corpus: Corpus, recipe: Recipe, reporter: Begun, **choices: Any) -> Trained:  # noqa: ANN401  # any value
    with find_place() as place:
        return fit_corpus(corpus, recipe.model_copy(update=choices), place, reporter)


@pytest.mark.slow
@pytest.mark.parametrize("epochs", ["best", "all"])
def test_a_training_beside_learns_what_one_afterwards_learns(
    epochs: str, corpus: Corpus, recipe: Recipe, begun: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    choices = {"epochs": 8, "patience": 2, "select_by": "loss", "refit_epochs": epochs}
    beside = fit(corpus, recipe, begun, **choices)
    assert begun.epochs == [8]  # of the other no steps are told
    assert any("meanwhile" in note and "400 rows" in note for note in begun.notes)
    assert torch.get_num_threads() == 2
    monkeypatch.setattr(second, "WORTH", 401)
    afterwards = fit(corpus, recipe, begun, **choices)
    assert begun.epochs == [8, 8, 8 if epochs == "all" else afterwards.run.best_epoch]
    assert beside.refit_rows == afterwards.refit_rows == 400
    assert beside.config == afterwards.config
    np.testing.assert_array_equal(beside.token_counts, afterwards.token_counts)
    assert beside.weights.keys() == afterwards.weights.keys()
    for name, weight in beside.weights.items():
        np.testing.assert_allclose(weight, afterwards.weights[name], atol=1e-4)  # on one thread, and on two


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def diverge(*_: object) -> None:
    raise DivergenceError("The loss is nan after epoch 2: training diverged.", field="learning_rate")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "error", "sentence"),
    [(die, TextCNNError, "OMP_NUM_THREADS=1"), (diverge, DivergenceError, "after epoch 2")],
)
def test_what_goes_wrong_in_the_other_process_is_told(
    fault: object,
    error: type[Exception],
    sentence: str,
    corpus: Corpus,
    recipe: Recipe,
    begun: Begun,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(second, "_train", fault)
    with pytest.raises(error, match=sentence):
        fit(corpus, recipe, begun)


PROGRAM = """
import sys, time, torch
from textcnn.rows import Row
from training import Recipe, second
from training.corpus import corpus_from_rows
from training.place import find_place
from training.progress import Reporter
from training.recipe import fit_corpus

class Interrupted(Reporter):
    def begin(self, epochs):
        time.sleep(float(sys.argv[1]))
        raise KeyboardInterrupt

torch.set_num_threads(2)
second.WORTH = 0
rows = [Row(n, f"{word} {n}", (word,), "") for n in range(200) for word in ("good", "bad")]
recipe = Recipe(init="rand", epochs=10_000, patience=10_000)
with find_place() as place:
    fit_corpus(corpus_from_rows(rows), recipe, place, Interrupted())
"""
"""It has no `if __name__ == "__main__"`, as a user's program may not."""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(("seconds", "killed"), [(2, False), (60, True)])
def test_no_training_is_left_when_the_first_one_ends_early(
    seconds: int, killed: bool, tmp_path: Path
) -> None:
    file = tmp_path / "program.py"
    file.write_text(PROGRAM)
    with subprocess.Popen([sys.executable, file, str(seconds)], stderr=subprocess.PIPE) as program:
        others: set[Path] = set()
        while not any("popen_loky" in _command(other) for other in others):
            others = _children(program.pid)
            assert program.poll() is None
        if killed:
            program.kill()
        program.communicate(timeout=30)
    patience = time.monotonic() + 20
    while any(other.exists() for other in others):
        assert time.monotonic() < patience, "a process trains on"
        time.sleep(0.05)


def _children(parent: int) -> set[Path]:
    found = Path("/proc").glob("[0-9]*/status")
    return {file.parent for file in found if f"PPid:\t{parent}\n" in _read(file)}


def _command(process: Path) -> str:
    return _read(process / "cmdline")


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:  # the process has ended
        return ""
