"""Repeats of whole texts in an epoch, where others are parts of them: sentences and their phrases.

Where most texts are parts, as those of a treebank, the others (the wholes) are what a model will be asked
about, and few in an epoch.
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
    sample = chooser.choice(len(texts), min(_SAMPLE, len(texts)), replace=False)
    return float(are_parts(texts, sample).mean())


def repeats_per_epoch(texts: Sequence[str], repeat_wholes: int) -> NDArray[np.int64]:
    """Count how often an epoch has each text: `repeat_wholes` times where no longer one has it, else once."""
    return np.where(are_parts(texts, np.arange(len(texts))), 1, repeat_wholes)


def are_parts(texts: Sequence[str], numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which of the texts with these numbers stand in a longer one: whole words after `normalise`.

    A text is looked for where its rarest word is, which is in few texts or in none but itself.
    """
    lines = [f" {' '.join(_WORD.findall(normalise(text)))} " for text in texts]
    distinct = list(dict.fromkeys(lines))
    lines_to_find = {lines[number] for number in numbers}
    words = {word for line in lines_to_find for word in line.split()}
    holders = Counter(word for line in distinct for word in words.intersection(line.split()))
    rarest = {line: min(line.split(), key=holders.__getitem__, default="") for line in lines_to_find}
    rarest_words = set(rarest.values())
    lines_with: dict[str, list[str]] = defaultdict(list)
    for line in distinct:
        for word in rarest_words.intersection(line.split()):
            lines_with[word].append(line)
    parts = {
        line
        for line, word in rarest.items()
        if any(len(line) < len(other) and line in other for other in lines_with[word])
    }
    return np.array([lines[number] in parts for number in numbers], dtype=bool)
