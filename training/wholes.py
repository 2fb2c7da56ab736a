"""Texts that are part of a longer one, as the labelled phrases of a treebank are of its sentences.

Where most texts are, the others (the wholes) are what a model will be asked about, and few in an epoch.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

import numpy as np

from textcnn.normalise import normalise
from training.starts.base import HAN_LETTERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_WORD: Final = re.compile(f"[{HAN_LETTERS}]|[^ {HAN_LETTERS}]+")
"""A Chinese character, or what stands between blanks."""
_SAMPLE: Final = 500
"""Texts that `share_of_parts` asks about: enough to tell most from few."""


def share_of_parts(texts: Sequence[str]) -> float:
    """Share of the texts that are part of a longer one, from 0 to 1; where they are many, in a sample."""
    asked = range(0, len(texts), max(1, len(texts) // _SAMPLE))
    return float(are_parts(texts, asked).mean()) if texts else 0.0


def times_an_epoch(texts: Sequence[str], wholes: int) -> NDArray[np.int64]:
    """How often an epoch has each text: `wholes` times where it is part of no longer one, else once."""
    return np.where(are_parts(texts, range(len(texts))), 1, wholes)


def are_parts(texts: Sequence[str], asked: Sequence[int]) -> NDArray[np.bool_]:
    """Which of the texts asked about, by their numbers, stand in a longer one: whole words after `normalise`.

    A text is looked for where its rarest word is, which is in few texts or in none but itself.
    """
    words = [_WORD.findall(normalise(text)) for text in texts]
    lines = [f" {' '.join(row)} " for row in words]
    holders = Counter(word for row in words for word in set(row))
    rarest = [min(words[number], key=holders.__getitem__, default="") for number in asked]
    wanted = set(rarest)
    having: dict[str, list[str]] = defaultdict(list)
    for row, line in zip(words, lines, strict=True):
        for word in wanted.intersection(row):
            having[word].append(line)
    return np.array(
        [
            any(len(lines[number]) < len(line) and lines[number] in line for line in having[word])
            for number, word in zip(asked, rarest, strict=True)
        ],
        dtype=bool,
    )
