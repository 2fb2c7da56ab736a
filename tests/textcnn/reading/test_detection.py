"""The format of a file, found by its name or its content."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from textcnn.errors import CorpusError
from textcnn.reading.detection import find_format
from textcnn.reading.layout import Layout

if TYPE_CHECKING:
    from pathlib import Path


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
        ("a.txt", "status\tstatement\n" + "good\tit works very well\nbad\tit broke again today\n" * 9, "tsv"),
        ("a.txt", "id,statement\n" + "".join(f"{i},it broke again today\n" for i in range(9)), "csv"),
        ("a.txt", "Hello, all of you\n" + "It works, more or less\nIt broke, once again\n" * 9, "lines"),
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
    (tmp_path / "a.xls").write_bytes(b"PK")
    with pytest.raises(CorpusError, match=r"'\.xls' files are not read; save it as CSV"):
        find_format(tmp_path / "a.xls", Layout())
