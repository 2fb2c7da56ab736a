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
    assert "| SMS spam | F1 of `spam` | 95.4 ± 0.3 | 3 |  | 94.0 |  |" in TABLES["accuracy"]()


def test_only_what_is_between_the_marks_changes_and_only_once() -> None:
    page = render(PAGE)
    assert page.startswith("Before.\n")
    assert page.endswith("\nAfter.\n")
    assert "old" not in page
    assert render(page) == page


def test_a_table_that_does_not_exist_is_named() -> None:
    with pytest.raises(SystemExit, match="no table 'wrong'"):
        render(PAGE.replace("accuracy", "wrong"))
