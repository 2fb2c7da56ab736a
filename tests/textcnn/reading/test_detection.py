from __future__ import annotations

from pathlib import Path

import pytest

from textcnn.errors import CorpusError
from textcnn.reading import formats
from textcnn.reading.columns import Columns, find_columns
from textcnn.reading.delimiter import find_delimiter
from textcnn.reading.detection import find_format
from textcnn.reading.format_table import FORMATS
from textcnn.reading.header import find_header
from textcnn.reading.layout import Layout
from textcnn.reading.records import open_records


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.csv", "x", "csv"),
        ("a.CSV.gz", "x", "csv"),
        ("a.tab", "x", "tsv"),
        ("a.jsonl.zst", "x", "jsonl"),
        ("a.pq", "x", "parquet"),
        ("a.feather", "x", "arrow"),
        ("a.ft", "x", "fasttext"),
        ("a", "PAR1....", "parquet"),
        ("a", "ARROW1..", "arrow"),
        ("a.txt", "__label__x one\n__label__y two\n", "fasttext"),
        ("a.txt", '{"text": "one", "label": "x"}\n', "jsonl"),
        ("a.data", "text,label\none,x\n", "csv"),
        ("a.data", "text\tlabel\none\tx\n", "tsv"),
        ("Collection", "ham\tSee you, then\nspam\tFree prize!\n", "tabbed"),
        ("a.txt", "See you later\tham\nFree prize now\tspam\nCall me later\tham\n", "tsv"),
        ("a.txt", "one text\nanother, longer text\n", "lines"),
        ("a.txt", "", "lines"),
    ],
)
def test_the_format_is_found_by_suffix_then_by_content(
    tmp_path: Path, name: str, content: str, expected: str
) -> None:
    path = tmp_path / name
    path.write_text(content)
    assert find_format(path, Layout()) == expected


def test_a_format_that_is_said_wins(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ham\thello\n")
    assert find_format(tmp_path / "a.csv", Layout(format="tabbed")) == "tabbed"


def test_a_format_that_cannot_be_read_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    with pytest.raises(CorpusError, match=r"'\.xlsx' files are not read; save it as CSV"):
        find_format(tmp_path / "a.xlsx", Layout())


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_with_and_without_a_header(delimiter: str) -> None:
    rows = [("good; really, good" if delimiter not in ";," else "good", "yes"), ("bad", "no")]
    lines = [delimiter.join(row) + "\n" for row in rows]
    assert find_delimiter(lines) == delimiter
    assert find_delimiter([f"text{delimiter}label\n", *lines]) == delimiter


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([["text", "label"], ["one", "x"]], True),
        ([["TEXT", "other"], ["one", "x"]], True),
        ([["评论", "类别"], ["很好", "正面"]], True),
        ([["question", "how?"], ["question", "why?"], ["answer", "so"]], False),
        ([["one", "x"], ["two", "y"], ["three", "x"]], False),
        ([["words", "kind"], ["one", "x"], ["two", "y"], ["three", "x"], ["four", "y"]], True),
        ([["a plain text", "x"]], False),
        ([["1", "2"], ["one", "x"], ["two", "x"]], False),
    ],
)
def test_a_header_is_known_by_its_names_or_by_the_data_below(
    rows: list[list[str]], *, expected: bool
) -> None:
    assert find_header(rows, Layout()) is expected


def test_a_header_can_be_said_by_itself_or_by_its_columns() -> None:
    rows = [["one", "x"], ["two", "y"]]
    assert find_header(rows, Layout(header=True))
    assert find_header(rows, Layout(label_column="x"))
    assert not find_header([["text", "label"], ["one", "x"]], Layout(header=False))


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


def test_every_format_has_a_reader() -> None:
    for name, each in FORMATS.items():
        assert callable(each.module.read), name
        assert each.has_recogniser == hasattr(each.module, "recognises")
    folder = Path(formats.__file__).parent
    assert {file.stem for file in folder.glob("[!_]*.py")} == {*FORMATS, "format_table"}


def test_a_new_format_is_found_in_one_table() -> None:
    endings = [ending for each in FORMATS.values() for ending in each.endings]
    media_types = [kind for each in FORMATS.values() for kind in each.media_types]
    assert len(set(endings)) == len(endings)
    assert len(set(media_types)) == len(media_types)
    assert all(each.endings and each.media_types for each in FORMATS.values() if each.is_written)
