"""When two texts count as the same one."""

from __future__ import annotations

import unicodedata
from typing import Final


def normalise(text: str) -> str:
    """The rest of a text when case, width, punctuation and spacing are ignored.

    NFKC, case-folded; letters (CJK among them), digits and the marks that belong to them are kept, and each
    run of anything else becomes one blank. A text without a letter or digit is itself, stripped, so that
    "!!!" and "???" differ. Equal results make near-exact duplicates.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = folded.translate(_KEPT).split()
    return " ".join(words) if words else text.strip()


class _KeptCharacters(dict[int, int]):
    """A table for `str.translate`, filled as characters are met: most of Unicode never is."""

    def __missing__(self, character: int) -> int:
        # Marks are kept since vowels are marks in Devanagari, Thai and others.
        belongs_to_words = unicodedata.category(chr(character))[0] in "LNM"
        self[character] = result = character if belongs_to_words else 0x20
        return result


_KEPT: Final = _KeptCharacters()
