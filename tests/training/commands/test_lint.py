"""`textcnn lint` and its like: what is left out of a corpus is told, and where it stands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from textcnn.cli import build_app

if TYPE_CHECKING:
    from pathlib import Path

ROWS = "".join(
    f"a {'good' if n % 2 else 'bad'} film, number {n},{'good' if n % 2 else 'bad'}\n".replace(", ", "; ")
    for n in range(40)
)
CORPUS = f"text,label\n{ROWS}\n,\nthe last one,good\n\n"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    (tmp_path / "films.csv").write_text(CORPUS, encoding="utf-8")
    return tmp_path / "films.csv"


def test_lint_counts_and_names_what_it_leaves_out(corpus: Path) -> None:
    said = CliRunner().invoke(build_app(), ["lint", str(corpus)])
    assert said.exit_code == 0, said.output
    assert f"left out, blank lines: 2 ({corpus}:42, 45)\n" in said.stderr
    assert f"left out, rows without any value: 1 ({corpus}:43)\n" in said.stderr
    told = json.loads(CliRunner().invoke(build_app(), ["lint", str(corpus), "--json"]).stdout)
    assert told["rows"] == 41
    assert told["left_out"] == {"blank lines": 2, "rows without any value": 1}
    assert told["notes"] == {}


@pytest.mark.parametrize("verb", ["evaluate", "errors"])
def test_verbs_that_judge_a_model_tell_it_too(model_dir: Path, corpus: Path, verb: str) -> None:
    said = CliRunner().invoke(build_app(), [verb, str(model_dir), str(corpus), "--json"])
    assert said.exit_code == 0, said.output
    assert f"left out, blank lines: 2 ({corpus}:42, 45)\n" in said.stderr
    if verb == "evaluate":
        assert json.loads(said.stdout)["left_out"] == {"blank lines": 2, "rows without any value": 1}


def test_a_folder_names_the_files_that_it_leaves_out(tmp_path: Path) -> None:
    for label in ("good", "bad"):
        (tmp_path / label).mkdir()
        for number in range(20):
            ending = "TXT" if label == "good" else "txt"
            (tmp_path / label / f"{number}.{ending}").write_text(
                f"a {label} film, {number}", encoding="utf-8"
            )
    (tmp_path / "good" / "list.csv").write_text("x", encoding="utf-8")
    said = CliRunner().invoke(build_app(), ["lint", str(tmp_path)])
    assert "rows: 40; labels: 2" in said.stdout
    assert f"left out, files that are no .txt: 1 ({tmp_path / 'good' / 'list.csv'})\n" in said.stderr
