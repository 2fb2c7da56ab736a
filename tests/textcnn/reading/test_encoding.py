from __future__ import annotations

import codecs
import gzip
from typing import TYPE_CHECKING

import pytest
import zstandard

from textcnn.errors import ConfigError, CorpusError
from textcnn.reading.encoding import find_encoding
from textcnn.reading.numbered_lines import NumberedLines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CHINESE = "这家店的东西很好，下次还会来\n质量不好，用了一天就坏了\n我觉得一般，没有说的那么好\n"
FRENCH = "Le café était très bon\nDéjà vu, hélas\nUn été à la mer\n"
KOREAN = "이 영화는 정말 재미있었다\n다시 보고 싶은 영화는 아니다\n배우의 연기가 좋았다\n"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "utf-8"),
        (b"plain", "utf-8"),
        (CHINESE.encode(), "utf-8"),
        (CHINESE.encode("utf-8-sig"), "utf-8"),
        (CHINESE.encode("gb18030"), "gb18030"),
        (codecs.BOM_UTF16_LE + CHINESE.encode("utf-16-le"), "utf-16-le"),
        (codecs.BOM_UTF16_BE + CHINESE.encode("utf-16-be"), "utf-16-be"),
    ],
)
def test_encodings_that_are_recognised(data: bytes, expected: str) -> None:
    assert find_encoding(data) == expected


@pytest.mark.parametrize(
    "data",
    [
        FRENCH.encode("latin-1"),
        KOREAN.encode("euc-kr"),
        "Привет, как дела\nОчень хорошо\n".encode("cp1251"),
        (CHINESE * 3).encode() + b"\xff\xfe broken\n",
        CHINESE.encode().replace("很".encode(), b"\xe5\xbe"),
        "一行\n".encode() + "二".encode()[:2] + b"\n",
    ],
)
def test_what_is_not_clearly_gb18030_is_not_read_as_it(data: bytes) -> None:
    assert find_encoding(data) == "utf-8"


def test_a_sample_that_ends_within_a_character_is_still_utf8() -> None:
    assert find_encoding("好".encode()[:-1]) == "utf-8"


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
        with pytest.raises(CorpusError, match=r"a\.txt:2: byte 4 of the line \(0xE9\).*--encoding"):
            next(lines)
        assert next(lines) == "fine\n"


def test_a_file_that_ends_within_a_utf16_character_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("one\ntwo\n".encode("utf-16") + b"x")
    with NumberedLines(path) as lines, pytest.raises(CorpusError, match="ends within a character"):
        list(lines)


def test_a_nul_byte_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"one\nt\0wo\n")
    with NumberedLines(path) as lines, pytest.raises(CorpusError, match=r"a\.txt:2: found a NUL byte"):
        list(lines)


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


def _zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


COMPRESSORS = [pytest.param(gzip.compress, id="gz"), pytest.param(_zstd, id="zst")]


@pytest.mark.parametrize("compress", COMPRESSORS)
def test_compressed_files_read_as_they_are(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "any.name"
    path.write_bytes(compress(CHINESE.encode()) + compress(b"a second frame\n"))
    with NumberedLines(path) as lines:
        assert "".join(lines) == CHINESE + "a second frame\n"


@pytest.mark.parametrize("compress", COMPRESSORS)
@pytest.mark.parametrize("harm", ["cut", "altered"])
def test_a_damaged_compressed_file_is_an_error(
    tmp_path: Path, compress: Callable[[bytes], bytes], harm: str
) -> None:
    data = compress("\n".join(map(str, range(100_000))).encode())
    middle = len(data) // 2
    path = tmp_path / "a.gz"
    path.write_bytes(data[:-3] if harm == "cut" else data[:middle] + b"\xff" * 40 + data[middle + 40 :])
    with (
        pytest.raises(CorpusError, match=r"a\.gz: the file is damaged or cut short"),
        NumberedLines(path) as lines,
    ):
        list(lines)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"nowhere\.csv: no such file"):
        NumberedLines(tmp_path / "nowhere.csv")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="cannot be opened: is a directory"):
        NumberedLines(tmp_path)
