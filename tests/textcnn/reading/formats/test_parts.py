"""A directory of parts is one table, whichever of them a row stands in, and whatever stands beside them."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from textcnn.errors import CorpusError
from textcnn.reading.layout import Layout
from textcnn.reading.records import open_records
from textcnn.reading.rows import read_rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


HEAD = "id,text,label\n"
MARKERS = {"_SUCCESS": "", "._SUCCESS.crc": "crc", ".part-00000.csv.crc": "crc", "_committed_17": "{}"}


def rows(*numbers: int) -> str:
    return "".join(f'{n},"a {"good" if n % 2 else "bad"} film, no. {n}",{n % 2}\n' for n in numbers)


def write(directory: Path, files: Mapping[str, str | bytes]) -> Path:
    directory.mkdir(exist_ok=True)
    for name, content in files.items():
        (directory / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return directory


def test_parts_are_read_as_one_file_in_the_order_of_their_names(tmp_path: Path) -> None:
    made = write(
        tmp_path / "out.csv",
        {
            "part-00001-a.csv": HEAD + rows(40),
            "part-00000-a.csv": HEAD + rows(*range(40)),
            "part-00002-a.csv": HEAD,
            "part-00003-a.csv": "",
            "part-00004-a.csv.gz": gzip.compress((HEAD + rows(41, 42)).encode()),
            **MARKERS,
        },
    )
    records = open_records(made)
    assert [record.values["id"] for record in records.strict()] == [str(n) for n in range(43)]
    assert {reason: kind.count for reason, kind in records.account.left_out.items()} == {
        "hidden files": 2,
        "marker files": 2,
        "empty files": 1,
    }
    last = [*read_rows(made)][-1]
    assert (last.text, last.labels) == ("a bad film, no. 42", ("0",))
    assert last.where == f"{made / 'part-00004-a.csv.gz'}:3"


def test_parts_without_names_of_columns_are_alike(tmp_path: Path) -> None:
    made = write(tmp_path / "out", {"part-0": rows(*range(30)), "part-1": rows(31), "part-2": rows(32)})
    layout = Layout(format="csv", label_column="3")
    assert len([*open_records(made, layout).strict()]) == 32
    assert {row.labels for row in read_rows(made, layout)} == {("0",), ("1",)}


@pytest.mark.parametrize("ending", ["parquet", "arrow", "jsonl"])
def test_parts_are_of_any_format(tmp_path: Path, ending: str) -> None:
    made = tmp_path / "out"
    made.mkdir()
    for number in range(3):
        table = pa.table({"text": [f"film {number}", "a"], "label": ["good", "bad"]})
        if ending == "parquet":
            pq.write_table(table, made / f"{number}.parquet")
        elif ending == "arrow":
            with pa.ipc.new_file(made / f"{number}.arrow", table.schema) as writer:
                writer.write_table(table)
        else:
            lines = f'{{"text": "film {number}", "label": "good"}}\n{{"text": "a", "label": "bad"}}\n'
            (made / f"{number}.jsonl").write_text(lines, encoding="utf-8")
    assert [row.text for row in read_rows(made)] == ["film 0", "a", "film 1", "a", "film 2", "a"]


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    two = write(tmp_path / "two", {"a.csv": HEAD + rows(1), "b.jsonl": '{"text": "a"}\n'})
    with pytest.raises(CorpusError, match=r"several formats in it: (csv|jsonl) \([ab]\.(csv|jsonl)\), "):
        open_records(two)
    other = write(tmp_path / "other", {"a.csv": HEAD + rows(1), "b.csv": "id,text,genre\n1,a,b\n"})
    with pytest.raises(CorpusError, match=r"b\.csv: its columns are not those of a\.csv"):
        [*open_records(other).strict()]
    with pytest.raises(CorpusError, match="and no files with rows; expected"):
        open_records(write(tmp_path / "bare", MARKERS))
    with pytest.raises(CorpusError, match="expected a folder that holds files"):
        open_records(two / "a.csv", Layout(format="parts"))
