from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from textcnn.training.repeat_wholes import are_parts, repeats_per_epoch, share_of_parts

SENTENCES = ["The plot is thin, but the cast is a joy.", "Nobody laughs at all."]
PHRASES = ["the plot", "thin", "the cast is a joy", "a joy", "nobody laughs", "at all"]


def test_phrases_are_parts_of_their_sentences_and_sentences_of_none() -> None:
    texts = SENTENCES + PHRASES
    assert are_parts(texts, np.arange(len(texts))).tolist() == [False] * 2 + [True] * 6
    assert share_of_parts(texts) == 6 / 8
    assert repeats_per_epoch(texts, 3).tolist() == [3] * 2 + [1] * 6


def test_a_part_is_whole_words_side_by_side() -> None:
    texts = ["the cast is a joy", "cas", "the joy", "a cast", "CAST,  is"]
    assert are_parts(texts, np.arange(5)).tolist() == [False, False, False, False, True]


def test_equal_texts_are_no_part_of_each_other() -> None:
    assert share_of_parts(["a joy", "A joy!", "a joy"]) == 0


def test_chinese_texts_need_no_blanks() -> None:
    texts = ["这家店的菜很好吃", "很好吃", "好店"]
    assert are_parts(texts, np.arange(3)).tolist() == [False, True, False]


def test_nothing_is_part_of_nothing() -> None:
    assert share_of_parts([]) == 0
    assert share_of_parts(["", " ", "word"]) == 0


ROWS = st.lists(st.lists(st.sampled_from(["a", "b", "ab", "好"]), max_size=6), min_size=1, max_size=12)


def stands_in(row: list[str], other: list[str]) -> bool:
    places = range(len(other) - len(row) + 1)
    return 0 < len(row) < len(other) and any(other[at : at + len(row)] == row for at in places)


@given(rows=ROWS, data=st.data())
def test_parts_are_those_that_a_search_through_all_texts_finds(
    rows: list[list[str]], data: st.DataObject
) -> None:
    asked = data.draw(st.lists(st.integers(0, len(rows) - 1)))
    found = are_parts([" ".join(row) for row in rows], np.array(asked, np.int64))
    assert found.tolist() == [any(stands_in(rows[number], other) for other in rows) for number in asked]
