"""Heads of Arrow messages that lie: told before the library believes any of them."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from textcnn.reading.columnar.arrow_messages import decoded_sizes

if TYPE_CHECKING:
    from pathlib import Path

LENGTHS = (3_000_000, 2_000_000)
"""Of two columns of one text each, which zstd makes very small."""


@pytest.fixture(scope="module")
def content() -> bytes:
    """The schema, and a batch of two columns whose buffers are compressed."""
    table = pa.table({name: ["x" * length] for name, length in zip("ab", LENGTHS, strict=True)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


@pytest.fixture(scope="module")
def batch(content: bytes) -> pa.Message:
    reader = pa.ipc.MessageReader.open_stream(content)
    reader.read_next_message()
    return reader.read_next_message()


def sizes(path: Path, content: bytes) -> list[int]:
    (path / "a.arrow").write_bytes(content)
    with (path / "a.arrow").open("rb") as file:
        return list(decoded_sizes(file))


def put(content: bytes, at: int, *numbers: int) -> bytes:
    """The content with these numbers at a place."""
    new = struct.pack(f"<{len(numbers)}q", *numbers)
    return content[:at] + new + content[at + len(new) :]


def lengths_at(content: bytes) -> list[int]:
    """Where the length of each text stands; the offsets before it end with it, too."""
    return [content.rindex(struct.pack("<q", length)) for length in LENGTHS]


def last_buffer_at(content: bytes, batch: pa.Message) -> int:
    """Where the head says at which place of the body the second text lies."""
    start = lengths_at(content)[1] - content.index(bytes(batch.body))
    return content.index(struct.pack("<q", start))


def test_buffers_count_as_they_are_unpacked(tmp_path: Path, content: bytes) -> None:
    assert len(content) < 1_000
    assert sum(LENGTHS) <= max(sizes(tmp_path, content)) < sum(LENGTHS) + 100


def test_a_length_below_nothing_does_not_make_up_for_a_terabyte(tmp_path: Path, content: bytes) -> None:
    first, second = lengths_at(content)
    with pytest.raises(ValueError, match="no length"):
        sizes(tmp_path, put(put(content, first, 1 << 40), second, -(1 << 40)))


@pytest.mark.parametrize(
    "lie",
    [(-8, 64), (0, -1), (0, 7), (0, 1 << 20), (280, 64), (1 << 20, 64), (1 << 62, 64), (1 << 62, 1 << 62)],
)
def test_a_buffer_outside_of_its_message_is_told(
    tmp_path: Path, content: bytes, batch: pa.Message, lie: tuple[int, int]
) -> None:
    """Else what lies before or behind the message would be read for its length."""
    longer = content + bytes(1 << 21)
    with pytest.raises(ValueError, match="outside of its message"):
        sizes(tmp_path, put(longer, last_buffer_at(content, batch), *lie))


@pytest.mark.parametrize("length", [-8, 1 << 20, 1 << 62])
def test_a_body_that_the_file_has_no_room_for_is_told(
    tmp_path: Path, content: bytes, batch: pa.Message, length: int
) -> None:
    at = content.index(struct.pack("<q", batch.body.size))
    with pytest.raises(ValueError, match="message is cut short"):
        sizes(tmp_path, put(content, at, length))


def test_more_buffers_than_the_head_has_room_for_are_told(
    tmp_path: Path, content: bytes, batch: pa.Message
) -> None:
    """Six stand there; what follows the head would be taken for others."""
    count = last_buffer_at(content, batch) - 5 * 16 - 4
    assert content[count : count + 4] == struct.pack("<i", 6)
    lying = content[:count] + struct.pack("<I", 1_000) + content[count + 4 :]
    with pytest.raises(ValueError, match="more buffers"):
        sizes(tmp_path, lying)


def test_a_file_that_is_cut_anywhere_is_told_or_ends_between_messages(tmp_path: Path, content: bytes) -> None:
    whole, told = sizes(tmp_path, content), 0
    for end in range(len(content)):
        try:
            assert whole[: len(found := sizes(tmp_path, content[:end]))] == found
        except ValueError:
            told += 1
    assert told > len(content) // 2
