"""The parts of a score, and what a column lacks."""

from __future__ import annotations

from math import prod

import pytest

from textcnn.reading.guessing.column_profile import ColumnProfile
from textcnn.reading.guessing.column_scores import label_score, text_score


def test_a_score_is_the_product_of_its_named_parts() -> None:
    column = ColumnProfile.of("remark", ["it is late", "it is broken", None])
    score = text_score(column)
    assert set(score.parts) == {"words", "fresh", "own", "read", "filled", "name"}
    assert score.value == prod(score.parts.values())
    assert score.value > 0


@pytest.mark.parametrize(
    ("name", "values", "lack"),
    [
        ("kind", [f"value {number}" for number in range(20)], "has a different value in each row"),
        ("kind", [f"{number // 9 * number}" for number in range(40)], "has 32 different values in 40 rows"),
        ("kind", ["x" * 90, "y" * 90] * 9, "is too long for a label, with 90 characters on average"),
        ("b", ["en"] * 20, "has the same value in each row"),
        ("b", [{"c": 1}], "holds objects"),
        ("b", [None, ""], "is empty"),
        ("b", ["x", "y"] * 9, ""),
        ("label", [f"value {number}" for number in range(20)], ""),
    ],
)
def test_what_a_column_lacks_to_be_the_label_is_told(name: str, values: list[object], lack: str) -> None:
    assert label_score(ColumnProfile.of(name, values), alone=False).lack == lack


def test_a_name_of_labels_makes_a_column_likelier() -> None:
    values = ["x", "y"] * 9
    plain, loose, known = (
        label_score(ColumnProfile.of(name, values), alone=False).value for name in ("b", "status", "category")
    )
    assert plain < loose < known


def test_dates_and_amounts_are_hardly_labels() -> None:
    dates = ColumnProfile.of("b", ["2024-01-01", "2024-01-02"] * 9)
    assert (
        label_score(dates, alone=False).value
        < label_score(ColumnProfile.of("b", ["0", "1"] * 9), alone=False).value
    )
