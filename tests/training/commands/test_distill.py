from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.training.commands.conftest import run
from tests.training.distillation.conftest import write_csv
from textcnn.directory import ModelDirectory
from textcnn.errors import ConfigError, CorpusError

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.reading.rows import Row


def test_the_commands_go_from_an_encoder_to_a_student(rows: list[Row], encoder: Path, tmp_path: Path) -> None:
    corpus = write_csv(
        tmp_path / "corpus.csv", [("text", "label"), *((row.text, row.labels[0]) for row in rows)]
    )
    more = tmp_path / "more.txt"
    more.write_text("a good story\na dull story\n", encoding="utf-8")
    taught = "teach", corpus, "--encoder", encoder, "--out", tmp_path / "t", "--epochs", 1
    output = run(*taught, "--seed", 1, "--set", "test_share=0.2", "--set", "filters=8")
    assert "validation accuracy" in output
    assert "not used for a teacher, of the recipe: filters" in output
    quick = [word for key in ("init=rand", "epochs=2", "filters=8") for word in ("--set", key)]
    with pytest.raises(ConfigError, match="was taught on"):
        run("distill", corpus, "--teacher", tmp_path / "t", "--out", tmp_path / "student", *quick)
    quick += ["--set", "test_share=0.2", "--seed", "1"]
    student = tmp_path / "student"
    output = run(
        "distill", corpus, "--teacher", tmp_path / "t", "--unlabelled", more, "--out", student, *quick
    )
    assert "without distillation" in output
    facts: dict[str, Any] = ModelDirectory(student).training()["distillation"]
    assert facts["unlabelled"] == 2
    again = run(
        "distill",
        *("--corpus", corpus, "--teacher", tmp_path / "t", "--out", student, "--replace", "--json"),
        *quick,
    )
    result = json.loads(again.splitlines()[-1])
    assert result["figures"].keys() == {"teacher", "student", "without"}
    with pytest.raises(ConfigError, match="0 to 1"):
        run("distill", corpus, "--teacher", "x", "--out", student, "--hard", 2)
    with pytest.raises(ConfigError, match="THEIRS=OURS"):
        run("distill", corpus, "--teacher", "x", "--out", student, "--label", "a")
    for given in ((), (corpus, "--corpus", corpus)):
        with pytest.raises(ConfigError, match="once, as CORPUS or with --corpus"):
            run("distill", *given, "--teacher", "x", "--out", student)
    with pytest.raises(CorpusError, match=r"nothing\.txt: no such file"):
        run(
            "distill",
            *(corpus, "--teacher", tmp_path / "t", "--out", student, "--replace", *quick),
            *("--unlabelled", tmp_path / "nothing.txt"),
        )
