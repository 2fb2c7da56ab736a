"""A header, told from a row of data."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

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


if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = [
    "red",
    "blue",
    "lamp",
    "shirt",
    "parcel",
    "invoice",
    "late",
    "broken",
    "twice",
    "where",
    "never",
    "came",
    "charged",
    "please",
    "order",
    "help",
]
CHINESE = "这个东西真的很不错但是快递有点慢客服态度也好我还会再来买的"


def _sentence(number: int) -> str:
    draw = Random(number)
    return " ".join(draw.choices(WORDS, k=draw.randint(3, 12)))


def _chinese(number: int) -> str:
    draw = Random(number)
    return "".join(draw.choices(CHINESE, k=draw.randint(6, 30)))


def _table(*columns: str, rows: int = 60) -> list[list[str]]:
    """Rows of data; each column is named after what it holds."""
    draw = Random(5)
    kinds: dict[str, Callable[[int], str]] = {
        "number": str,
        "hash": lambda number: f"{number * 7919:08x}{number * 104729:08x}",
        "date": lambda number: f"2024-{number % 12 + 1:02}-{number % 28 + 1:02}",
        "text": _sentence,
        "chinese": _chinese,
        "class": lambda _: draw.choice(("normal", "anxiety", "stress", "status quo")),
        "digit": lambda number: str(number % 2),
        "blank": lambda _: "",
        "many": lambda number: f"sku-{number % 25:03}",
    }
    return [[kinds[kind](number) for kind in columns] for number in range(1, rows + 1)]


TABLES = [
    ("id,statement", ("number", "text")),
    ("id,comment_text", ("hash", "text")),
    ("qid,question_text", ("hash", "text")),
    ("statement", ("text",)),
    ("spruch", ("text",)),
    ("内文", ("chinese",)),
    ("statement,status", ("text", "class")),
    ("status,statement", ("class", "text")),
    ("v1,v2,,,", ("class", "text", "blank", "blank", "blank")),
    ("v1,v2", ("class", "text")),
    (",a,b", ("number", "text", "digit")),
    ("Satz,Gruppe", ("text", "class")),
    ("x,y", ("text", "digit")),
    ("utt,code", ("text", "many")),
    ("made,words,c", ("date", "text", "class")),
    ("0,1", ("class", "text")),
    ("Zeit,Was ist passiert,Wie schlimm war es", ("date", "text", "class")),
]


@pytest.mark.parametrize(("header", "kinds"), TABLES)
def test_a_header_is_told_whatever_its_names(header: str, kinds: tuple[str, ...]) -> None:
    rows = _table(*kinds)
    assert find_header([header.split(","), *rows], Layout())


@pytest.mark.parametrize("kinds", sorted({kinds for _, kinds in TABLES}))
def test_the_first_row_of_data_is_no_header(kinds: tuple[str, ...]) -> None:
    rows = _table(*kinds, rows=200)
    for first in range(0, 180, 9):
        assert not find_header(rows[first:], Layout()), rows[first]


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("kinds", [("text",), ("class", "text"), ("text", "digit"), ("number", "text")])
def test_few_rows_of_data_lose_none(kinds: tuple[str, ...], rows: int) -> None:
    table = _table(*kinds, rows=40)
    starts = [start for start in range(30) if find_header(table[start : start + rows], Layout())]
    assert not starts


def test_a_header_that_comes_back_is_one_all_the_same() -> None:
    rows = [[cell, "ham"] for cell in ("one", "two", "three")]
    assert find_header([["review", "category"], *rows, ["review", "category"], *rows], Layout())
