"""Token ids at the speed of the engine: the library's own, found by a compiled loop instead of the library.

For one pipeline (BertNormalizer, BertPreTokenizer; WordLevel, WordPiece or Unigram) a loop over the bytes of
a text gives the ids: `Characters` says what each character is, a hash table over the vocabulary finds words
and pieces. Both are filled from the library and bounded by Unicode and the vocabulary: no text can make them
grow. A text with a character that the table cannot tell goes through the library, as do all other tokenizers.
"""

from __future__ import annotations

import json
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from textcnn.compilation.jit import compilation_wanted
from textcnn.config import UNKNOWN_ID
from textcnn.tokens.character_table import Characters
from textcnn.tokens.token_batch import TokenBatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    import tokenizers
    from numpy.typing import NDArray

CONTINUATION: Final = "##"
_SLOTS_PER_TOKEN: Final = 2
"""At least; the number of slots is a power of two."""
_UNKNOWN_PENALTY: Final = 10.0
"""How much less likely than the least likely token an unknown letter is, in a unigram model."""


def make_lexicon(tokenizer: tokenizers.Tokenizer, specification: str) -> Lexicon | None:
    """The lexicon of a tokenizer; None where only the library can give its ids, or nothing is compiled."""
    if not compilation_wanted() or not _is_allowed(json.loads(specification)):
        return None
    return Lexicon(tokenizer, specification)


class Lexicon:
    """The vocabulary of one tokenizer, ready for the compiled loop."""

    def __init__(self, tokenizer: tokenizers.Tokenizer, specification: str) -> None:
        from textcnn.tokens import tokenizer_kernels

        model = json.loads(specification)["model"]
        self._loops = tokenizer_kernels
        self._characters = Characters(tokenizer)
        kind = {"WordLevel": tokenizer_kernels.WORDS, "WordPiece": tokenizer_kernels.PIECES}.get(
            model["type"]
        )
        scores = np.empty(0, dtype=np.float64)
        if kind is None:
            kind, unknown = tokenizer_kernels.UNIGRAM, UNKNOWN_ID
            spellings = [token for token, _ in model["vocab"]]
            scores = np.array([score for _, score in model["vocab"]], dtype=np.float64)
            scores[unknown] = scores.min() - _UNKNOWN_PENALTY
        else:
            unknown = int(model["vocab"][model["unk_token"]])
            spellings = _spellings(model["vocab"], in_pieces=kind == tokenizer_kernels.PIECES)
        lengths = [len(each) for each in spellings]
        size = 1 << (_SLOTS_PER_TOKEN * len(spellings)).bit_length()
        letters = np.array([ord(letter) for letter in "".join(spellings)], dtype=np.uint32)
        starts = np.cumsum([0, *lengths], dtype=np.int32)
        slots = np.full(size, -1, dtype=np.int32)
        longest_word = int(model.get("max_input_chars_per_word", 0))
        limits = np.array([unknown, kind, longest_word, max(lengths)], dtype=np.int64)
        self._vocabulary = (letters, starts, slots, scores, limits)
        tokenizer_kernels.fill_slots(letters, starts, slots)

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """What the loop takes besides the texts, in its order."""
        return (self._characters.entries, *self._vocabulary)

    def encode(self, data: Sequence[bytes]) -> tuple[TokenBatch, NDArray[np.bool_] | None]:
        """The ids of texts in UTF-8, and which of them are left to the library, if any; these have no ids."""
        bounds = np.array([0, *accumulate(map(len, data))], dtype=np.int64)
        ids = np.empty(bounds[-1], dtype=np.int32)  # no token is shorter than a byte
        offsets = np.empty(len(data) + 1, dtype=np.int64)
        left = np.zeros(len(data), dtype=np.bool_)
        joined, entries = b"".join(data), self._characters.entries
        find_tokens = self._loops.find_tokens
        while (status := find_tokens(joined, bounds, entries, *self._vocabulary, ids, offsets, left)) >= 0:
            self._characters.ask(status)
            left[:] = False
        batch = TokenBatch(ids[: offsets[-1]], offsets)
        return batch, left if status == self._loops.SOME_LEFT else None


def _is_allowed(specification: dict[str, Any]) -> bool:
    """Whether the tokenizer is of the one kind that the loop knows."""
    model = specification["model"]
    plain = not any(specification.get(key) for key in ("added_tokens", "truncation", "post_processor"))
    normalizer, splitter = (specification.get(key) or {} for key in ("normalizer", "pre_tokenizer"))
    clean = normalizer.get("type") == "BertNormalizer" and normalizer.get("clean_text")
    return bool(plain and clean and splitter.get("type") == "BertPreTokenizer" and _is_known(model))


def _is_known(model: dict[str, Any]) -> bool:
    """Whether the loop does what the model does, and ids count from 0 without a gap."""
    vocabulary = model["vocab"]
    match model.get("type"):
        case "Unigram":
            spellings = {token for token, _ in vocabulary}
            plain = not model.get("byte_fallback") and model.get("unk_id") == UNKNOWN_ID
            # Logarithms of likelihoods; with others, unknown letters could be likelier than a token.
            likelihoods = all(score <= 0 for _, score in vocabulary)
            return plain and likelihoods and "" not in spellings and len(spellings) == len(vocabulary)
        case "WordPiece" if model.get("continuing_subword_prefix") != CONTINUATION:
            return False
        case "WordLevel" | "WordPiece":
            return sorted(vocabulary.values()) == list(range(len(vocabulary)))
    return False


def _spellings(vocabulary: dict[str, int], *, in_pieces: bool) -> list[str]:
    """Every token by its id, as the loop looks it up: a piece that continues a word after a NUL, not `##`.

    No text gives a NUL, so `##ing` typed by a user is not taken for a piece.
    """
    return [
        "\0" + token.removeprefix(CONTINUATION) if in_pieces and token.startswith(CONTINUATION) else token
        for token in sorted(vocabulary, key=lambda each: vocabulary[each])
    ]
