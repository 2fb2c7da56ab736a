"""A table of how a tokenizer of BERT's kind treats each character, filled from the library by pages.

BERT's normaliser and splitter look at one character at a time: each is left out, parts words, is a token of
its own, or is a letter of a word, in lower case perhaps. So the library is asked about a character between
two letters, and its answer holds wherever the character stands. Where the answer is none of these four, or
the character may change places with its neighbours (combining marks, under NFD), a text that holds it goes
through the library.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import tokenizers

PAGE: Final = 256
"""Characters that are asked about together."""

CODE_POINTS: Final = 0x110000
KIND_SHIFT: Final = 21
"""An entry is the kind above this many bits, and below the code point that the character becomes."""

NOT_ASKED, LIBRARY, LEFT_OUT, SPACE, ALONE, LETTER = range(6)


class CharacterTable:
    """A table of entries by code point. Pages that were never met take no memory."""

    def __init__(self, tokenizer: tokenizers.Tokenizer) -> None:
        self._normalizer, self._splitter = tokenizer.normalizer, tokenizer.pre_tokenizer
        self.entries = np.zeros(CODE_POINTS, dtype=np.uint32)
        self.fill_page(0)

    def fill_page(self, code: int) -> None:
        """Fill in the page of a code point. Threads may do so at once: they write the same."""
        first = code - code % PAGE
        for each in range(first, first + PAGE):
            self.entries[each] = self._entry(each)

    def _entry(self, code: int) -> int:
        if 0xD800 <= code < 0xE000:  # surrogates are not in UTF-8
            return LIBRARY << KIND_SHIFT
        normal = self._normalizer.normalize_str(f"a{chr(code)}a")
        parts = [part for part, _ in self._splitter.pre_tokenize_str(normal)]
        kind, becomes = _kind(parts)
        if kind != LEFT_OUT and unicodedata.combining(chr(code)):
            kind = LIBRARY
        return kind << KIND_SHIFT | becomes


def _kind(parts: list[str]) -> tuple[int, int]:
    """The kind of a character between two letters `a`, by the words that come out, and what it becomes."""
    if parts == ["aa"]:
        return LEFT_OUT, 0
    if parts == ["a", "a"]:
        return SPACE, 0
    match parts:
        case ["a", alone, "a"] if len(alone) == 1:
            return ALONE, ord(alone)
        case [word] if len(word) == 3 and word[0] == word[2] == "a":
            return LETTER, ord(word[1])
    return LIBRARY, 0
