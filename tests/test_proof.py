"""The outcome of promises that `make proof` holds in full, and the counts of both."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import machine
from benchmarks.service_tables import proof_table
from tests.proof import count, keep_outcome, proof

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[1]


def test_a_promise_is_kept_with_all_its_parts_and_one_that_broke_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "RESULTS", tmp_path)
    marker = proof("a kill loses nothing", 50).mark
    keep_outcome([marker], "early", held=True, seconds=10)
    keep_outcome([marker], "late", held=True, seconds=20)
    assert proof_table().splitlines()[-1] == "| a kill loses nothing | 100 | yes | 30 |"
    keep_outcome([marker], "early", held=False, seconds=1)
    assert proof_table().splitlines()[-1] == "| a kill loses nothing | 100 | no | 21 |"
    keep_outcome([], "other", held=True, seconds=1)
    assert "other" not in (tmp_path / "proof.json").read_text()


def test_counts_are_small_but_in_the_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    assert count(few=3, full=100) == (100 if os.environ.get("TEXTCNN_PROOF") else 3)
    command = [sys.executable, "-c", "from tests.proof import count; print(count(few=3, full=100))"]
    monkeypatch.setenv("TEXTCNN_PROOF", "1")
    assert subprocess.check_output(command, cwd=ROOT, text=True) == "100\n"


def test_whoever_counts_in_full_keeps_what_came_of_it() -> None:
    texts = {file: file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("test_*.py")}
    counting = {file for file, text in texts.items() if "count(few=" in text}
    assert len(counting) > 5
    assert {file for file in counting if "\n@proof(" not in texts[file]} == {Path(__file__)}
    assert not [
        file
        for file, text in texts.items()
        if 'environ.get("TEXTCNN_PROOF")' in text and file not in counting
    ]
