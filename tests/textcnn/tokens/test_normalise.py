from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textcnn.tokens.normalise import normalise


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Good value!", "good  VALUE"),
        ("it's", "it s"),
        ("Ｇｏｏｄ", "good"),
        ("很好。", "很好"),
        ("Straße", "STRASSE"),
        (" a\tb\n", "a b"),
    ],
)
def test_case_width_punctuation_and_spacing_do_not_count(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("!!!", "???"), ("", "!"), ("7", "8"), ("कि", "कु"), ("ab", "a b"), ("好", "坏"), ("😀", "😡")],
)
def test_letters_digits_and_marks_count_and_bare_signs_are_themselves(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


def test_an_empty_text_stays_empty() -> None:
    assert normalise(" \n") == ""


@given(st.text())
def test_a_second_time_changes_nothing_that_matters(text: str) -> None:
    assert normalise(f"  {text}\n") == normalise(text)
