"""The figures of a column."""

from __future__ import annotations

import pytest

from textcnn.reading.guessing.column_profile import ColumnProfile, kind_of, words_in


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("12", "number"),
        ("-3.5e7", "number"),
        ("2024-01-31", "number"),
        ("31.01.2024 10:00", "number"),
        ("2023-04-14T10:00:00.1Z", "number"),
        ("12 %", "number"),
        ("9cfbac6e7687a66e", "code"),
        ("550e8400-e29b-41d4-a716-446655440000", "code"),
        ("a@b.example", "code"),
        ("https://a.example/b", "code"),
        ("v1", "words"),
        ("costs 5 euros", "words"),
        ("订单12345678没有到", "words"),
        ("1" * 1_000_000 + "x", "words"),
    ],
)
def test_numbers_and_codes_are_told_from_words(value: str, kind: str) -> None:
    assert kind_of(value) == kind


def test_words_are_those_of_a_script_and_all_numbers_one() -> None:
    assert [*words_in("Order 47: not there 😢")] == ["order", "0", "not", "there", "😢"]
    assert [*words_in("东西a1好")] == ["东", "西", "0", "好"]


def test_what_every_row_repeats_is_not_fresh() -> None:
    reply = ColumnProfile.of("a", [f"thank you for your message, case {number}" for number in range(50)])
    texts = ColumnProfile.of(
        "b", [f"w{'abcde'[number % 5]} x{number}y z{number // 5}" for number in range(50)]
    )
    assert reply.boilerplate == 1
    assert reply.fresh < 0.2
    assert texts.boilerplate == 0


def test_objects_are_not_plain() -> None:
    assert not ColumnProfile.of("a", [{"b": 1}]).plain
    assert not ColumnProfile.of("a", [[["x"]]]).plain
    assert ColumnProfile.of("a", [["x", "y"], None, ""]).plain
    assert ColumnProfile.of("a", [None, "", " ", "x"]).filled == 0.25
