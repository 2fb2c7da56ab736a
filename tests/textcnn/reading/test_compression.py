"""Compressed files, whole and damaged."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
import zstandard

from textcnn.errors import CorpusError
from textcnn.reading.numbered_lines import NumberedLines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


CHINESE = "这家店的东西很好，下次还会来\n质量不好，用了一天就坏了\n我觉得一般，没有说的那么好\n"


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
