"""Distinct sentences of the IMDb corpus, for timing: none of them is kept in the repository."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from benchmarks.corpora import CORPORA_DIRECTORY

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = CORPORA_DIRECTORY / "imdb"
_END = re.compile(r"(?<=[.!?])\s+|\s*<br\s*/?>\s*")


def sentences(count: int) -> list[str]:
    """The first distinct sentences of the training part."""
    found = dict.fromkeys(_split("train"))
    if len(found) < count:
        raise ValueError(f"the corpus has {len(found)} distinct sentences; {count} are wanted")
    return list(found)[:count]


def other_sentences(count: int) -> list[str]:
    """Sentences of the test part, for warming up."""
    return list(dict.fromkeys(_split("test")))[:count]


def labelled_reviews() -> Iterator[tuple[str, str]]:
    """Label and text of each training review, for fitting the peers."""
    table = pq.read_table(FOLDER / "train.parquet")
    label = next(name for name in table.column_names if name != "text")
    for name, text in zip(table[label].to_pylist(), table["text"].to_pylist(), strict=True):
        yield str(name), " ".join(text.split())


def _split(part: str) -> Iterator[str]:
    for text in pq.read_table(FOLDER / f"{part}.parquet", columns=["text"])["text"].to_pylist():
        yield from (" ".join(each.split()) for each in _END.split(text) if each.strip())
