"""The encoding of a file, found from a sample of its bytes."""

from __future__ import annotations

import codecs

import pytest

from textcnn.reading.encoding import find_encoding

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
