from __future__ import annotations

import gzip
import time
import tracemalloc
import zlib

import pytest

from textcnn.errors import TooLargeError
from textcnn.service.dialects.open_inference.content_encoding import unpack
from textcnn.service.service_errors import RequestError

BODY = b'{"inputs": []}' * 50
LIMIT = 1_000_000


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("", BODY),
        ("identity", BODY),
        ("gzip", gzip.compress(BODY)),
        ("GZIP", gzip.compress(BODY)),
        ("x-gzip", gzip.compress(BODY)),
        ("deflate", zlib.compress(BODY)),
        ("gzip", gzip.compress(BODY[:9]) + gzip.compress(BODY[9:])),
        ("gzip", b""),
    ],
)
def test_a_packed_body_comes_back_whole(encoding: str, packed: bytes) -> None:
    assert unpack(packed, encoding, LIMIT) == (BODY if packed else b"")


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "gzip, br", "\x00"])
def test_other_encodings_are_refused(encoding: str) -> None:
    with pytest.raises(RequestError, match="gzip"):
        unpack(gzip.compress(BODY), encoding, LIMIT)


@pytest.mark.parametrize(
    "packed", [gzip.compress(BODY)[:-3], gzip.compress(BODY)[:20], BODY, b"\x1f\x8b" + b"\xff" * 9]
)
def test_a_damaged_body_is_refused(packed: bytes) -> None:
    with pytest.raises(RequestError):
        unpack(packed, "gzip", LIMIT)


def test_a_body_of_exactly_the_limit_is_taken() -> None:
    assert unpack(gzip.compress(BODY), "gzip", len(BODY)) == BODY
    with pytest.raises(TooLargeError):
        unpack(gzip.compress(BODY), "gzip", len(BODY) - 1)


def test_a_bomb_is_refused_before_it_takes_memory() -> None:
    bomb = gzip.compress(bytes(50_000_000), compresslevel=9)
    tracemalloc.start()
    try:
        for packed in (bomb, gzip.compress(b"a") + bomb):
            with pytest.raises(TooLargeError):
                unpack(packed, "gzip", LIMIT)
        assert tracemalloc.get_traced_memory()[1] < 5 * LIMIT
    finally:
        tracemalloc.stop()


def test_a_body_of_many_members_takes_time_as_its_size_does() -> None:
    """Copying what follows a member for each of them took minutes for eight megabytes."""
    member = gzip.compress(b"")

    def seconds(count: int) -> float:
        began = time.perf_counter()
        assert unpack(member * count, "gzip", LIMIT) == b""
        return time.perf_counter() - began

    few = min(seconds(2_000) for _ in range(3))
    assert seconds(40_000) < 60 * few
