"""A folder for each label: every text is read, and what is no text is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from textcnn.errors import CorpusError
from textcnn.reading.layout import Layout
from textcnn.reading.records import open_records

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from textcnn.reading.account import Account


def write(directory: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return directory


def left_out(account: Account) -> dict[str, int]:
    return {reason: kind.count for reason, kind in account.left_out.items()}


@pytest.mark.parametrize("ending", [".txt", ".TXT", ".Txt"])
def test_an_ending_is_one_in_any_case(tmp_path: Path, ending: str) -> None:
    write(tmp_path, {f"good/1{ending}": "warm\n", "bad/2.txt": "dull\n"})
    records = open_records(tmp_path)
    assert [dict(record.values) for record in records.strict()] == [
        {"label": "bad", "text": "dull"},
        {"label": "good", "text": "warm"},
    ]
    assert not records.account.left_out


def test_whatever_is_no_text_is_counted_and_named(tmp_path: Path) -> None:
    files = {"good/1.txt": "warm", "good/2.md": "x", "good/.3.txt": "x", "good/more/4.txt": "x"}
    files |= {"bad/5.txt": "dull", "readme": "x", "_SUCCESS": "", ".git/head": "x"}
    write(tmp_path, files)
    (tmp_path / "nothing").mkdir()
    records = open_records(tmp_path)
    assert len([*records.strict()]) == records.account.rows == 2
    assert left_out(records.account) == {
        "files beside the labels' folders": 1,
        "files that are no .txt": 1,
        "folders within a label's": 1,
        "folders without a text": 1,
        "hidden files": 2,
        "marker files": 1,
    }
    assert records.account.left_out["files that are no .txt"].places == [str(tmp_path / "good/2.md")]


def test_a_text_that_is_broken_names_its_line_and_keeps_its_place(tmp_path: Path) -> None:
    write(tmp_path, {"good/1.txt": b"warm\nand \xff\xfe\n", "good/2.txt": "fine", "bad/3.txt": "dull"})
    records = open_records(tmp_path, Layout(encoding="utf-8"))
    dull, broken, fine = records.stream
    assert not isinstance(broken, CorpusError)
    assert (broken.line, broken.values["text"]) == (2, "warm\nand \ufffd\ufffd")
    assert "not valid utf-8" in str(broken.error)
    assert not isinstance(dull, CorpusError)
    assert not isinstance(fine, CorpusError)
    assert (dull.error, fine.error) == (None, None)
    with pytest.raises(CorpusError, match=r"1\.txt:2: byte"):
        [*open_records(tmp_path, Layout(encoding="utf-8")).strict()]


@pytest.mark.parametrize("files", [{"good/1.csv": "x"}, {"good/.1.txt": "x"}])
def test_a_folder_without_a_text_is_refused(tmp_path: Path, files: dict[str, str]) -> None:
    with pytest.raises(CorpusError, match=r"found no \.txt files"):
        open_records(write(tmp_path, files), Layout(format="folder"))
