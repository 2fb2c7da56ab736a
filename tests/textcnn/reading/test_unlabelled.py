"""Rows that only miss a label: an error that counts them all, or left out and counted on request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from textcnn.errors import ConfigError, CorpusError, UnlabelledError
from textcnn.files.file_options import FileOptions
from textcnn.reading.account import Account
from textcnn.reading.layout import Layout
from textcnn.reading.rows import read_rows

if TYPE_CHECKING:
    from pathlib import Path

SKIPPING = Layout(skip_unlabelled=True)
CSV = 'text,label\na,x\nb,\nc,y\nd, \n,z\n"e\nf",\n'
JSONL = (
    '{"text": "a", "label": "x"}\n{"text": "b"}\n{"text": "c", "label": "y"}\n{"text": "d", "label": null}\n'
    '{"text": "", "label": "z"}\n{"text": "e", "label": [null]}\n'
)


@pytest.mark.parametrize(("name", "content"), [("a.csv", CSV), ("a.jsonl", JSONL)])
def test_the_first_one_is_an_error_that_counts_them_all(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(UnlabelledError, match=r"'label' is .*; 3 rows of the file have none") as error:
        list(read_rows(tmp_path / name))
    assert error.value.line == 3 if name == "a.csv" else 2
    assert str(tmp_path / name) in error.value.message
    assert "--skip-unlabelled" in error.value.message


@pytest.mark.parametrize(("name", "content"), [("a.csv", CSV), ("a.jsonl", JSONL)])
def test_they_are_left_out_and_counted_on_request(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    account = Account()
    rows = list(read_rows(tmp_path / name, SKIPPING, account=account))
    assert [(row.text, row.labels) for row in rows] == [("a", ("x",)), ("c", ("y",)), ("", ("z",))]
    assert account.counts()["left_out"] == {"rows without a label": 3}
    assert (account.read, account.rows, account.errors) == (6, 3, 0)
    lines = (3, 5, 7) if name == "a.csv" else (2, 4, 6)
    places = ", ".join(map(str, lines))
    assert account.remarks() == [f"left out, rows without a label: 3 ({tmp_path / name}:{places})"]


def test_of_one_row_the_error_speaks_of_one(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\na,x\nb,\nc,y\n")
    with pytest.raises(UnlabelledError, match="1 row of the file has none"):
        list(read_rows(tmp_path / "a.csv"))


def test_a_row_that_misses_its_text_too_is_an_error_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "a", "label": "x"}\n{"label": null}\n')
    with pytest.raises(CorpusError, match="'text' is missing") as error:
        list(read_rows(tmp_path / "a.jsonl", SKIPPING))
    assert not isinstance(error.value, UnlabelledError)


def test_a_label_that_is_half_there_is_an_error_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "a", "label": ["x"]}\n{"text": "b", "label": ["x", ""]}\n')
    with pytest.raises(CorpusError, match="'label' is empty") as error:
        list(read_rows(tmp_path / "a.jsonl", SKIPPING))
    assert not isinstance(error.value, UnlabelledError)


def test_rows_of_several_labels_or_none_are_left_out_only_on_request(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "a", "label": ["x"]}\n{"text": "b", "label": []}\n')
    assert [row.labels for row in read_rows(tmp_path / "a.jsonl")] == [("x",), ()]
    assert [row.labels for row in read_rows(tmp_path / "a.jsonl", SKIPPING)] == [("x",)]


def test_many_are_named_by_the_first_alone(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\na,x\nz,y\n" + "b,\n" * 5_000)
    account = Account()
    list(read_rows(tmp_path / "a.csv", SKIPPING, account=account))
    (sentence,) = account.remarks()
    assert sentence.startswith("left out, rows without a label: 5,000 (")
    assert sentence.endswith(":4, 5, 6, ...)")


def test_a_layout_says_it_in_json_only_where_it_is_said() -> None:
    assert "skip_unlabelled" not in Layout().to_json()
    assert Layout.from_json(SKIPPING.to_json()) == SKIPPING
    assert SKIPPING.to_options() == ["--skip-unlabelled"]


def test_a_file_that_is_labelled_keeps_all_its_rows() -> None:
    with pytest.raises(ConfigError, match="keeps all"):
        FileOptions(layout=SKIPPING)
