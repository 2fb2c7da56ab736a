"""The bundled base: English tokens with vectors, and whether a corpus is English enough for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import textcnn
from textcnn.config import UNKNOWN_ID
from training.starts.encoder import read_encoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.starts.start import Start

BASE: Final = "base-en"
DIRECTORY: Final = Path(textcnn.__file__).parent / "pretrained" / BASE
LEAST_WHOLE: Final = 0.75
"""Share of a corpus's words that the base must know whole."""
_SAMPLE: Final = 2_000


def read_base(dimensions: int | None = None) -> Start:
    """The base; with fewer dimensions, its main directions."""
    return read_encoder(DIRECTORY, name=BASE, dimensions=dimensions)


def whole_words(texts: Sequence[str], base: Start) -> float:
    """Share of the words of some of the texts that the base knows whole, from 0 to 1.

    English has 0.85 and more, noisy as it may be; other languages in the same letters are cut into pieces,
    and those in other letters are not counted as known (docs/training.md). Short words tell nothing.
    """
    step = max(1, len(texts) // _SAMPLE)
    words = [
        word
        for text in texts[::step]
        for word in base.tokenizer.words(text)
        if word.isalpha() and (len(word) > 2 or not word.isascii())
    ]
    pairs = zip(words, base.tokenizer.encode_batch(words), strict=True)
    whole = sum(word.isascii() and len(ids) == 1 and ids[0] != UNKNOWN_ID for word, ids in pairs)
    return whole / len(words) if words else 0.0
