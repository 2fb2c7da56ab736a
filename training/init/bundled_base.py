"""The bundled bases, English and Chinese: tokens with vectors, and which of them suits a corpus."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import textcnn
from textcnn.config import UNKNOWN_ID
from textcnn.training.init.encoder_vectors import read_encoder
from textcnn.training.init.start import ChosenStart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textcnn.training.init.start import Start

ENGLISH: Final = "base-en"
CHINESE: Final = "base-zh"
BASES: Final = (ENGLISH, CHINESE)
LEAST_SHARE: Final = 0.75
"""Of a corpus's letters that must be Chinese, or of its words that the English base must know whole."""
_SAMPLE: Final = 2_000
"""Texts that are looked at."""
MOST_OTHER: Final = 0.01
"""Of the letters of a Chinese corpus that may be kana or hangul."""
_KANA_OR_HANGUL: Final = re.compile(r"[\u3041-\u30ff\uff66-\uff9f\u1100-\u11ff\uac00-\ud7af]")
HAN_LETTERS: Final = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Chinese characters, as ranges of a regular expression's class."""
HAN: Final = re.compile(f"[{HAN_LETTERS}]")


def base_directory(name: str) -> Path:
    """The directory of a base."""
    return Path(textcnn.__file__).parent / "pretrained" / name


def read_base(name: str = ENGLISH, dimensions: int | None = None) -> Start:
    """A base; with fewer dimensions, its main directions."""
    return read_encoder(base_directory(name), name=name, dimensions=dimensions)


def find_base(texts: Sequence[str]) -> ChosenStart:
    """The base in whose language most of the texts are, if any, and why."""
    chinese, other = east_asian_letters(texts)
    if chinese >= LEAST_SHARE and other <= MOST_OTHER:
        return ChosenStart(read_base(CHINESE), f"{100 * chinese:.0f} % of the letters are Chinese characters")
    base = read_base(ENGLISH)
    english = whole_words(texts, base)
    if english >= LEAST_SHARE:
        return ChosenStart(base, f"it knows {100 * english:.0f} % of the words: mostly English")
    if chinese >= LEAST_SHARE:
        return ChosenStart(
            None, f"{100 * other:.1f} % of the letters are kana or hangul, so it is not Chinese"
        )
    shortfall = f"{ENGLISH} knows {100 * english:.1f} % of the words"
    if chinese > english:
        shortfall = f"{100 * chinese:.1f} % of the letters are Chinese characters"
    return ChosenStart(None, f"{shortfall}; {100 * LEAST_SHARE:.0f} % are wanted")


def east_asian_letters(texts: Sequence[str]) -> tuple[float, float]:
    """Shares of the letters of some of the texts, from 0 to 1: Chinese characters; kana and hangul.

    Headlines in Japanese may be Chinese characters for the most part, but never without kana.
    """
    sample = "".join(_some(texts))
    letters = sum(map(str.isalpha, sample))
    if not letters:
        return 0.0, 0.0
    return len(HAN.findall(sample)) / letters, len(_KANA_OR_HANGUL.findall(sample)) / letters


def whole_words(texts: Sequence[str], base: Start) -> float:
    """Share of the words of some of the texts that the base knows whole, from 0 to 1.

    English has 0.85 and more, noisy as it may be; other languages in the same letters are cut into pieces,
    and those in other letters are not counted as known (docs/training.md). Short words tell nothing.
    """
    words = [
        word
        for text in _some(texts)
        for word in base.tokenizer.words(text)
        if word.isalpha() and (len(word) > 2 or not word.isascii())
    ]
    pairs = zip(words, base.tokenizer.encode_batch(words), strict=True)
    whole = sum(word.isascii() and len(ids) == 1 and ids[0] != UNKNOWN_ID for word, ids in pairs)
    return whole / len(words) if words else 0.0


def _some(texts: Sequence[str]) -> Sequence[str]:
    """At least `_SAMPLE` of them, from all over, where there are so many."""
    return texts[:: max(1, len(texts) // _SAMPLE)]
