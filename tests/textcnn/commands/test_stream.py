"""Lines of a stream, however it is cut."""

from __future__ import annotations

from textcnn.commands.stream import read_lines


def test_lines_are_whole_however_the_stream_is_cut() -> None:
    class OneByte:
        def __init__(self, data: bytes) -> None:
            self.data = data

        def read1(self, _: int) -> bytes:
            byte, self.data = self.data[:1], self.data[1:]
            return byte

    lines = [line for part in read_lines(OneByte("é\r\n\n你好\nend".encode())) for line in part]  # type: ignore[arg-type]  # all that is used of a stream
    assert [(line.number, line.text) for line in lines] == [(1, "é"), (2, ""), (3, "你好"), (4, "end")]
