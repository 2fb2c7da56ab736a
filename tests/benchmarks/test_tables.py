from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks import machine
from benchmarks.machine import write_results
from benchmarks.tables import TABLES, render

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "Before.\n\n<!-- table: accuracy -->\nold\n<!-- end -->\n\nAfter.\n"


@pytest.fixture(autouse=True)
def _results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "RESULTS", tmp_path)


@pytest.mark.parametrize("name", TABLES)
def test_what_was_not_measured_gives_an_empty_table_and_a_sentence(name: str) -> None:
    lines = TABLES[name]().splitlines()
    assert [line[0] for line in lines if line] == ["|", "|", "N"]
    assert lines[-1] == "Not measured yet."


def test_a_figure_stands_beside_those_of_others_with_its_spread() -> None:
    task = {
        "measure": "f1:spam",
        "mean": 95.44,
        "sd": 0.31,
        "baselines": {"fastText": 94.0},
        "choices": {},
        "runs": [{}, {}, {}],
    }
    write_results("accuracy", {"tasks": {"sms_spam": task}})
    assert "| SMS spam | F1 of `spam` | 95.4 ± 0.3 | 3 | 96.5 | 98.0 |  | 94.0 |  |" in TABLES["accuracy"]()


def test_peers_that_were_not_measured_yet_are_left_out_and_those_that_were_have_their_versions() -> None:
    part = {"microseconds": {"textcnn": 10.0, "fastText": 5.0}, "ratio": {"fastText": 2.0}}
    kernel = {"textcnn": 4.0, "PyTorch, eager": 100.0, "best_batch": 8, "ratio": 0.04}
    older = {"single": part, "batch": {}, "kernel": kernel}
    write_results("engine", older)
    assert "| one text at a time | fastText | 5.0 | 2.000 |" in TABLES["engine"]()
    assert TABLES["engine_peers"]().endswith("Not measured yet.\n")
    assert "spacy" not in TABLES["machines"]()
    peers = {"spaCy, CNN": {"cold_start_seconds": 2.42, "disk_megabytes": 1203.88}}
    write_results("engine", {**older, "peers": peers, "versions": {"spacy": "3.8"}})
    assert "| spaCy, CNN | 2.42 | 1,203.9 |" in TABLES["engine_peers"]()
    assert "spacy 3.8 |" in TABLES["machines"]()


def test_only_what_is_between_the_marks_changes_and_only_once() -> None:
    page = render(PAGE)
    assert page.startswith("Before.\n")
    assert page.endswith("\nAfter.\n")
    assert "old" not in page
    assert render(page) == page


def test_a_table_that_does_not_exist_is_named() -> None:
    with pytest.raises(SystemExit, match="no table 'wrong'"):
        render(PAGE.replace("accuracy", "wrong"))
