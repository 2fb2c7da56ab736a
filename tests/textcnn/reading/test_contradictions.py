from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textcnn.errors import ConfigError
from textcnn.reading.contradictions import settle_contradictions
from textcnn.reading.rows import Row


def rows_of(*pairs: tuple[str, str]) -> list[Row]:
    return [Row(line, text, tuple(labels), "a.csv") for line, (text, labels) in enumerate(pairs, start=2)]


def test_all_rows_of_a_text_under_different_labels_are_left_out() -> None:
    settled = settle_contradictions(rows_of(("a", "x"), ("b", "x"), ("a", "y"), ("A", "y"), ("a", "x")))
    assert [row.line for row in settled.rows] == [3, 5]
    assert [row.where for row in settled.left_out] == ["a.csv:2", "a.csv:4", "a.csv:6"]


def test_of_several_annotators_the_majority_decides_and_a_draw_nothing() -> None:
    rows = rows_of(
        ("a", "x"), ("a", "y"), ("a", "x"), ("b", "x"), ("b", "y"), ("c", "xy"), ("c", "yx"), ("c", "x")
    )
    settled = settle_contradictions(rows, "majority")
    assert [row.line for row in settled.rows] == [2, 4, 7, 8]
    assert [row.line for row in settled.left_out] == [3, 5, 6, 9]


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(("x", "y", "xy", "")))),
    st.sampled_from(("drop", "majority")),
)
def test_every_row_stays_or_is_counted_and_nothing_contradicts_what_stays(
    pairs: list[tuple[str, str]], how: str
) -> None:
    settled = settle_contradictions(rows_of(*pairs), how)
    assert sorted(row.line for row in [*settled.rows, *settled.left_out]) == list(range(2, 2 + len(pairs)))
    labels = {(row.text, frozenset(row.labels)) for row in settled.rows}
    assert len(labels) == len({text for text, _ in labels})


def test_another_choice_is_refused() -> None:
    with pytest.raises(ConfigError, match="drop or majority"):
        settle_contradictions([], "newest")
