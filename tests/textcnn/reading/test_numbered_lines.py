"""The lines of a file, whatever its encoding."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from textcnn.errors import ConfigError, CorpusError
from textcnn.reading.numbered_lines import NumberedLines

if TYPE_CHECKING:
    from pathlib import Path


CHINESE = "这家店的东西很好，下次还会来\n质量不好，用了一天就坏了\n我觉得一般，没有说的那么好\n"


FRENCH = "Le café était très bon\nDéjà vu, hélas\nUn été à la mer\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_lines_come_back_with_their_ends_and_numbers(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(CHINESE.encode(encoding))
    with NumberedLines(path) as lines:
        assert "".join(lines) == CHINESE
        assert lines.number == 3


def test_an_encoding_can_be_said(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(FRENCH.encode("latin-1"))
    with NumberedLines(path, "latin-1") as lines:
        assert "".join(lines) == FRENCH


@pytest.mark.parametrize("name", ["utf-16", "utf-16-le"])
def test_utf16_can_be_said_without_a_mark(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(CHINESE.encode("utf-16-le"))
    with NumberedLines(path, name) as lines:
        assert "".join(lines) == CHINESE


@pytest.mark.parametrize("name", ["utf-80", "zlib"])
def test_an_unknown_encoding_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.txt").write_bytes(b"x")
    with pytest.raises(ConfigError, match=f"encoding '{name}' is not known"):
        NumberedLines(tmp_path / "a.txt", name)


def test_a_broken_line_is_named_with_its_byte_and_the_next_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"good\nabc\xe9 bad\nfine\n")
    with NumberedLines(path) as lines:
        assert next(lines) == "good\n"
        assert next(lines) == "abc\ufffd bad\n"
        assert re.search(r"byte 4 of the line \(0xE9\).*--encoding", lines.problem(1, 2) or "")
        assert lines.problem(1, 2) is None
        assert next(lines) == "fine\n"


def test_a_file_that_ends_within_a_utf16_character_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("one\ntwo\n".encode("utf-16") + b"x")
    with NumberedLines(path) as lines, pytest.raises(CorpusError, match="ends within a character"):
        list(lines)


def test_a_nul_byte_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"one\nt\0wo\n")
    with NumberedLines(path) as lines:
        assert list(lines) == ["one\n", "t\ufffdwo\n"]
        assert "found a NUL byte" in (lines.problem(2, 2) or "")


def test_a_line_without_end_does_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textcnn.reading.numbered_lines.LONGEST_LINE", 10)
    path = tmp_path / "a.txt"
    path.write_bytes(b"short\n" + b"x" * 95 + b"\nnext\n")
    with NumberedLines(path) as lines:
        assert next(lines) == "short\n"
        with pytest.raises(CorpusError, match=r"a\.txt:2: the line is longer"):
            next(lines)
        assert next(lines) == "next\n"
        assert lines.number == 3


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"nowhere\.csv: no such file"):
        NumberedLines(tmp_path / "nowhere.csv")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="cannot be opened: is a directory"):
        NumberedLines(tmp_path)


@pytest.mark.parametrize("line", [b"\0\n", b"\xff\n", b"a\0b", b"\xe9\n"])
def test_a_block_holds_no_line_that_has_a_problem(tmp_path: Path, line: bytes) -> None:
    (tmp_path / "a.txt").write_bytes(line)
    with NumberedLines(tmp_path / "a.txt") as lines:
        assert lines.block() == []
        assert "\ufffd" in next(lines)
        assert lines.problem(1, 1)
        assert lines.block() == []
        assert list(lines) == []


def test_lines_come_at_once_and_again_one_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfone\n\ntwo\r\nthree")
    with NumberedLines(tmp_path / "a.txt") as lines:
        assert lines.block() == ["one", "", "two\r", "three"]
        assert lines.number == 4
        lines.back(3)
        assert (next(lines), lines.number) == ("\n", 2)
        assert lines.block() == ["two\r", "three"]
