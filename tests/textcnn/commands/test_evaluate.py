"""`textcnn evaluate`, as tables and as JSON."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path


def test_evaluate_gives_a_table_or_json(model_dir: Path, tmp_path: Path, output: Callable[..., str]) -> None:
    corpus = tmp_path / "corpus.csv"
    corpus.write_text("text,label\na good film,good\nbad,bad\n你好,其他\n", encoding="utf-8")
    table = output("evaluate", model_dir, corpus)
    assert "其他" in table
    assert "macro-F1" in table
    figures = json.loads(output("evaluate", model_dir, corpus, "--json"))
    assert figures["rows"] == 3
    assert {"accuracy", "macro_f1", "per_label", "confusion", "calibration"} <= set(figures)


def test_evaluate_names_the_line_of_a_label_that_the_model_does_not_know(
    model_dir: Path, tmp_path: Path, textcnn: Callable[..., subprocess.CompletedProcess[bytes]]
) -> None:
    corpus = tmp_path / "corpus.csv"
    corpus.write_text("text,label\na good film,good\nbad,terrible\n", encoding="utf-8")
    done = textcnn("evaluate", model_dir, corpus)
    assert done.returncode == 2
    assert f"{corpus}:3: The model does not know the label 'terrible'" in done.stderr.decode()


def test_how_the_file_was_read_is_told_beside_the_figures(
    model_dir: Path, tmp_path: Path, textcnn: Callable[..., subprocess.CompletedProcess[bytes]]
) -> None:
    corpus = tmp_path / "corpus.csv"
    corpus.write_text("review,category,sentiment\na good film,bad,good\nbad,good,bad\n", encoding="utf-8")
    done = textcnn("evaluate", model_dir, corpus, "--json")
    told = done.stderr.decode().splitlines()
    assert re.fullmatch(r"corpus.csv: csv, ',', UTF-8, header; text: review; label: \w+; 2 rows", told[0])
    assert told[1].startswith("warning: 'category' and 'sentiment' could each be the label")
    assert json.loads(done.stdout)["rows"] == 2
