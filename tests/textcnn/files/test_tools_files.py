"""Whole files in the shapes of tools are labelled row for row, and what is written can be read back."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import openpyxl
import pytest

from textcnn.files.file_options import FileOptions
from textcnn.files.label_chunk import AddedColumns, Labelled
from textcnn.files.one_file import label_file
from textcnn.files.outputs import Output
from textcnn.prediction import Prediction
from textcnn.reading.layout import Layout
from textcnn.reading.rows import read_rows

if TYPE_CHECKING:
    from pathlib import Path

ADDED = AddedColumns("label", "score", (), None, "error")


def _output(name: str, separator: str = "|") -> Output:
    return Output(name, None, ("text",), ADDED, True, ",", True, separator, None)


def _labelled(text: object, *labels: str) -> Labelled:
    return Labelled({"text": text}, Prediction(None, 0.5, dict.fromkeys(labels, 0.5), labels), None)


@pytest.mark.parametrize("separator", ["|", ",", ", "])
def test_two_labels_are_never_the_name_of_one(tmp_path: Path, separator: str) -> None:
    """Each set of labels has a cell of its own, and comes back from it."""
    sets = [("a", "b"), ("a|b",), ("x,y",), ("x", "y"), ("a|b", "x,y"), ("x, y",), ("c\\", "d"), ()]
    output = _output("csv", separator)
    path = tmp_path / "out.csv"
    path.write_bytes(
        output.head() + output.write([_labelled(f"t {n}", *each) for n, each in enumerate(sets)])
    )
    with path.open(newline="", encoding="utf-8") as file:
        assert len({row["label"] for row in csv.DictReader(file)}) == len(sets)
    rows = read_rows(path, Layout(label_column="label", label_separator=separator))
    assert [row.labels for row in rows] == sets


def test_numbers_that_are_none_are_null_in_json() -> None:
    rows = [_labelled(each) for each in (float("nan"), float("inf"), [float("nan")], {"a": -float("inf")})]

    def refuse(name: str) -> None:
        raise AssertionError(name)

    lines = _output("jsonl").write(rows).decode().splitlines()
    values = [json.loads(line, parse_constant=refuse)["text"] for line in lines]
    assert values == [None, "inf", [None], {"a": "-inf"}]
    assert _output("csv").write(rows[:1]).decode().startswith(",")


def test_nan_of_the_input_is_null_in_the_output(model_dir: Path, tmp_path: Path) -> None:
    source, target = tmp_path / "n.jsonl", tmp_path / "out.jsonl"
    source.write_text('{"text": NaN, "x": NaN}\n{"text": "a film", "x": Infinity}\n', encoding="utf-8")
    report = label_file(str(model_dir), source, target, workers=1)
    rows = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert (report.rows, report.errors) == (2, 1)
    assert (rows[0]["text"], rows[0]["x"]) == (None, None)
    assert "'text' is missing" in rows[0]["error"]
    assert rows[1]["x"] == "Infinity"


def test_every_annotation_of_an_export_is_labelled(model_dir: Path, tmp_path: Path) -> None:
    source, target = tmp_path / "p.json", tmp_path / "out.json"
    answers = ["accept", "reject", "ignore"]
    given = [{"text": "a film", "_task_hash": n, "answer": answer} for n, answer in enumerate(answers)]
    source.write_text(json.dumps(given, indent=1), encoding="utf-8")
    assert label_file(str(model_dir), source, target, workers=1).rows == 3
    rows = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert [{name: row[name] for name in given[0]} for row in rows] == given


def test_a_nested_field_is_labelled_and_its_object_stays(model_dir: Path, tmp_path: Path) -> None:
    source, target = tmp_path / "a.jsonl", tmp_path / "out.csv"
    source.write_text('{"id": 1, "ticket": {"body": "a film", "n": 2}}\n', encoding="utf-8")
    options = FileOptions(layout=Layout(text_columns=("ticket.body",)))
    label_file(str(model_dir), source, target, options, workers=1)
    with target.open(newline="", encoding="utf-8") as file:
        row = next(csv.DictReader(file))
    assert (row["id"], json.loads(row["ticket"]), row["error"]) == ("1", {"body": "a film", "n": 2}, "")


def test_a_workbook_is_labelled_into_csv(model_dir: Path, tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    for cells in (["id", "text"], ["007", "a film"], [8, "dull"]):
        workbook.active.append(cells)
    workbook.save(tmp_path / "a.xlsx")
    label_file(str(model_dir), tmp_path / "a.xlsx", tmp_path / "out.csv", workers=1)
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        assert [(row["id"], row["text"]) for row in csv.DictReader(file)] == [
            ("007", "a film"),
            ("8", "dull"),
        ]
