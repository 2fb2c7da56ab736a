"""Texts that are part of a longer one, as the labelled phrases of a treebank are of its sentences.

Where most texts are, the others (the wholes) are what a model will be asked about, and few in an epoch.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

import numpy as np

from textcnn.tokens.normalise import normalise
from textcnn.training.init.bundled_base import HAN_LETTERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_WORD: Final = re.compile(f"[{HAN_LETTERS}]|[^ {HAN_LETTERS}]+")
"""A Chinese character, or what stands between blanks."""
_SAMPLE: Final = 500
"""Texts that `share_of_parts` asks about: enough to tell most from few."""


def share_of_parts(texts: Sequence[str]) -> float:
    """Share of the texts that are part of a longer one, from 0 to 1; where they are many, in a sample."""
    if not texts:
        return 0.0
    chooser = np.random.default_rng(0)
    asked = chooser.choice(len(texts), min(_SAMPLE, len(texts)), replace=False)
    return float(are_parts(texts, asked).mean())


def times_an_epoch(texts: Sequence[str], wholes: int) -> NDArray[np.int64]:
    """How often an epoch has each text: `wholes` times where it is part of no longer one, else once."""
    return np.where(are_parts(texts, np.arange(len(texts))), 1, wholes)


def are_parts(texts: Sequence[str], asked: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the texts asked about, by their numbers, stand in a longer one: whole words after `normalise`.

    A text is looked for where its rarest word is, which is in few texts or in none but itself.
    """
    lines = [f" {' '.join(_WORD.findall(normalise(text)))} " for text in texts]
    distinct = list(dict.fromkeys(lines))
    questions = {lines[number] for number in asked}
    words = {word for line in questions for word in line.split()}
    holders = Counter(word for line in distinct for word in words.intersection(line.split()))
    rarest = {line: min(line.split(), key=holders.__getitem__, default="") for line in questions}
    wanted = set(rarest.values())
    having: dict[str, list[str]] = defaultdict(list)
    for line in distinct:
        for word in wanted.intersection(line.split()):
            having[word].append(line)
    parts = {
        line
        for line, word in rarest.items()
        if any(len(line) < len(other) and line in other for other in having[word])
    }
    return np.array([lines[number] in parts for number in asked], dtype=bool)
