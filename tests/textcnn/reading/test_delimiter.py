"""The delimiter of a file, found from its first lines."""

from __future__ import annotations

import pytest

from textcnn.reading.delimiter import find_delimiter


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_with_and_without_a_header(delimiter: str) -> None:
    rows = [("good; really, good" if delimiter not in ";," else "good", "yes"), ("bad", "no")]
    lines = [delimiter.join(row) + "\n" for row in rows]
    assert find_delimiter(lines) == delimiter
    assert find_delimiter([f"text{delimiter}label\n", *lines]) == delimiter
