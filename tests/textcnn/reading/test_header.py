"""A header, told from a row of data."""

from __future__ import annotations

import pytest

from textcnn.reading.header import find_header
from textcnn.reading.layout import Layout


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([["text", "label"], ["one", "x"]], True),
        ([["TEXT", "other"], ["one", "x"]], True),
        ([["评论", "类别"], ["很好", "正面"]], True),
        ([["question", "how?"], ["question", "why?"], ["answer", "so"]], False),
        ([["one", "x"], ["two", "y"], ["three", "x"]], False),
        ([["words", "kind"], ["one", "x"], ["two", "y"], ["three", "x"], ["four", "y"]], True),
        ([["a plain text", "x"]], False),
        ([["1", "2"], ["one", "x"], ["two", "x"]], False),
    ],
)
def test_a_header_is_known_by_its_names_or_by_the_data_below(
    rows: list[list[str]], *, expected: bool
) -> None:
    assert find_header(rows, Layout()) is expected


def test_a_header_can_be_said_by_itself_or_by_its_columns() -> None:
    rows = [["one", "x"], ["two", "y"]]
    assert find_header(rows, Layout(header=True))
    assert find_header(rows, Layout(label_column="x"))
    assert not find_header([["text", "label"], ["one", "x"]], Layout(header=False))
