from __future__ import annotations

from benchmarks.accuracy import deduplicated
from textcnn.reading.rows import Row


def test_equal_texts_count_once() -> None:
    rows = [Row(1, "A b!", ("x",), "f"), Row(2, "a B", ("x",), "f"), Row(3, "c", ("y",), "f")]
    assert [row.line for row in deduplicated(rows)] == [1, 3]
