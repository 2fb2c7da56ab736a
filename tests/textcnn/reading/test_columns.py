"""The columns of text and label, found by name or by their values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from textcnn.errors import CorpusError
from textcnn.reading.columns import Columns, find_columns
from textcnn.reading.layout import Layout
from textcnn.reading.records import open_records

if TYPE_CHECKING:
    from pathlib import Path


def _columns(tmp_path: Path, content: str, **said: object) -> Columns:
    path = tmp_path / "a.csv"
    path.write_text(content)
    layout = Layout(**said)  # type: ignore[arg-type]  # each test says its own fields
    return find_columns(open_records(path, layout), layout)


@pytest.mark.parametrize(
    ("content", "text", "label"),
    [
        ("label,text\nx,one\n", "text", "label"),
        ("Review,Sentiment\none,x\n", "Review", "Sentiment"),
        ("id,标题,内容,标签\n1,甲,乙,丙\n", "内容", "标签"),
        ("text,label,category\none,x,y\n", "text", "label"),
        ("text,coarse_label\none,x\n", "text", "coarse_label"),
        ("id,words,kind\n" + "".join(f"{i},text number {i},{i % 2}\n" for i in range(9)), "words", "kind"),
        ("".join(f"{i},text number {i},{i % 2}\n" for i in range(9)), "2", "3"),
        ("x,a longer text\ny,another text\n", "2", "1"),
    ],
)
def test_text_and_label_are_found(tmp_path: Path, content: str, text: str, label: str) -> None:
    assert _columns(tmp_path, content) == Columns((text,), label)


def test_columns_can_be_said(tmp_path: Path) -> None:
    content = "subject,body,kind,label\na,b,c,d\n"
    found = _columns(tmp_path, content, text_columns=("subject", "body"), label_column="kind")
    assert found == Columns(("subject", "body"), "kind")


def test_two_possible_labels_are_both_named(tmp_path: Path) -> None:
    expected = "'category' and 'sentiment' could each be the label; say which with --label-column"
    with pytest.raises(CorpusError, match=expected):
        _columns(tmp_path, "review,category,sentiment\nfine,shoes,good\n")


def test_a_missing_column_lists_those_found(tmp_path: Path) -> None:
    expected = r"a\.csv: there is no column 'kind'; columns found: text, label"
    with pytest.raises(CorpusError, match=expected) as raised:
        _columns(tmp_path, "text,label\none,x\n", label_column="kind")
    assert raised.value.field == "label_column"


def test_no_label_lists_the_columns_found(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no column could be the label; columns found: text, id, date"):
        _columns(tmp_path, "text,id,date\none,1,monday\ntwo,2,tuesday\nthree,3,friday\n")


def test_no_text_beside_the_label(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no column is left for the text"):
        _columns(tmp_path, "label\nx\ny\n")


def test_a_file_without_labels_needs_none(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text\n1,one\n2,two\n")
    records = open_records(tmp_path / "a.csv")
    assert find_columns(records, Layout(), labelled=False) == Columns(("text",), None)
