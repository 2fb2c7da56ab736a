"""How a file is read, in one line."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from textcnn.errors import CorpusError
from textcnn.reading.layout import Layout
from textcnn.reading.rows import read_rows

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.reading.reading import Reading

ROWS = "".join(f"text of number {number};{'xy'[number % 2]}\n" for number in range(6))


def _read(path: Path, layout: Layout | None = None) -> tuple[Reading, int]:
    readings: list[Reading] = []
    rows = list(read_rows(path, layout, tell=readings.append))
    (reading,) = readings
    return reading, len(rows)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (
            "tickets.csv",
            f"Frage;Queue\n{ROWS}".encode("utf-8-sig"),
            "tickets.csv: csv, ';', UTF-8 with BOM, header; text: Frage; label: Queue; 6 rows",
        ),
        (
            "a.csv",
            ROWS.encode("utf-16"),
            "a.csv: csv, ';', UTF-16 LE with BOM, no header; text: column 1; label: column 2; 6 rows",
        ),
        (
            "a.csv.gz",
            gzip.compress(b"text,label\na,x\n"),
            "a.csv.gz: csv, ',', UTF-8, header; text: text; label: label; 1 row",
        ),
        ("a.tsv", b"text\tlabel\na\tx\n", "a.tsv: tsv, tab, UTF-8, header; text: text; label: label; 1 row"),
        (
            "a.jsonl",
            json.dumps({"body": "a long text", "kind": "x"}).encode(),
            "a.jsonl: jsonl, UTF-8; text: body; label: kind; 1 row",
        ),
        ("a.txt", b"__label__x a\n", "a.txt: fasttext, UTF-8; text: text; label: label; 1 row"),
        (
            "a.csv",
            "评论,类别\n很好的东西,正面\n不好的东西,负面\n".encode("gb18030"),
            "a.csv: csv, ',', GB18030, header; text: 评论; label: 类别; 2 rows",
        ),
        (
            "a\x1b[31m\n.csv",
            b"bo\x1bdy,label\na text,x\n",
            "a�[31m�.csv: csv, ',', UTF-8, header; text: bo�dy; label: label; 1 row",
        ),
    ],
)
def test_a_reading_is_one_line(tmp_path: Path, name: str, content: bytes, expected: str) -> None:
    (tmp_path / name).write_bytes(content)
    reading, rows = _read(tmp_path / name)
    assert reading.lines(rows) == (expected,)


def test_columnar_files_and_folders_have_neither_encoding_nor_header(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a"], "label": ["x"]}), tmp_path / "a.parquet")
    assert _read(tmp_path / "a.parquet")[0].sentence() == "a.parquet: parquet; text: text; label: label"
    (tmp_path / "corpus" / "x").mkdir(parents=True)
    (tmp_path / "corpus" / "x" / "1.txt").write_text("a")
    assert _read(tmp_path / "corpus")[0].sentence(1) == "corpus: folder; text: text; label: label; 1 row"


def test_a_doubt_is_a_warning_or_refuses_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("review,category,sentiment\nfine,shoes,good\n")
    reading, rows = _read(tmp_path / "a.csv")
    doubt = "'category' and 'sentiment' could each be the label; say which with --label-column"
    assert reading.lines(rows)[1:] == (f"warning: {doubt}",)
    with pytest.raises(CorpusError, match=f"a.csv: {doubt}") as raised:
        reading.require_clear()
    assert raised.value.field == "label_column"
    clear, _ = _read(tmp_path / "a.csv", Layout(label_column="category"))
    clear.require_clear()
    assert clear.label == "category"


def test_a_program_gets_the_line_and_the_columns(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\na,x\n")
    reading, rows = _read(tmp_path / "a.csv")
    assert reading.to_dict(rows) == {
        "reading": "csv, ',', UTF-8, header; text: text; label: label; 1 row",
        "columns": {"text": ["text"], "label": "label", "header": True, "columns": 2},
        "doubt": "",
        "warnings": [],
    }
