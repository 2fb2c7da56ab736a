"""Token ids at the speed of the engine: the library's own, found by a compiled loop instead of the library.

For one pipeline (BertNormalizer, BertPreTokenizer; WordLevel, WordPiece or Unigram) a loop over the bytes of
a text gives the ids: `CharacterTable` says what each character is, a hash table over the vocabulary finds
words and pieces. Both are filled from the library and bounded by Unicode and the vocabulary: no text can make
them grow. A text with a character that the table cannot tell goes through the library, as do all other
tokenizers.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from textcnn.compilation.jit import compilation_wanted
from textcnn.config import UNKNOWN_ID
from textcnn.tokens.character_table import CharacterTable
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


def make_fast_tokenizer(
    tokenizer: tokenizers.Tokenizer, specification: dict[str, Any]
) -> FastTokenizer | None:
    """The fast form of a tokenizer; None where only the library can give its ids, or nothing is compiled."""
    if not compilation_wanted() or not _is_allowed(specification):
        return None
    return FastTokenizer(tokenizer, specification)


class TokenizerArrays(NamedTuple):
    """The arrays that the loop takes besides the texts, in its order; `Vocabulary` says more of most."""

    characters: NDArray[np.uint32]
    """The entries of a `CharacterTable`."""
    letters: NDArray[np.uint32]
    starts: NDArray[np.int32]
    slots: NDArray[np.int32]
    scores: NDArray[np.float64]
    limits: NDArray[np.int64]
    """`unknown`, `model`, `longest_word` and `longest_piece` of a `Vocabulary`."""


class FastTokenizer:
    """The vocabulary of one tokenizer, ready for the compiled loop."""

    def __init__(self, tokenizer: tokenizers.Tokenizer, specification: dict[str, Any]) -> None:
        from textcnn.tokens import tokenizer_kernels

        self._loops = tokenizer_kernels
        self._characters = CharacterTable(tokenizer)
        model = specification["model"]
        if model["type"] == "Unigram":
            kind, unknown = tokenizer_kernels.UNIGRAM, UNKNOWN_ID
            spellings = [token for token, _ in model["vocab"]]
            scores = np.array([score for _, score in model["vocab"]], dtype=np.float64)
            scores[unknown] = scores.min() - _UNKNOWN_PENALTY
        else:
            in_pieces = model["type"] == "WordPiece"
            kind = tokenizer_kernels.PIECES if in_pieces else tokenizer_kernels.WORDS
            unknown = int(model["vocab"][model["unk_token"]])
            spellings = _spellings(model["vocab"], in_pieces=in_pieces)
            scores = np.empty(0, dtype=np.float64)
        longest_word, longest_piece = int(model.get("max_input_chars_per_word", 0)), max(map(len, spellings))
        limits = np.array([unknown, kind, longest_word, longest_piece], dtype=np.int64)
        letters = np.array([ord(letter) for letter in "".join(spellings)], dtype=np.uint32)
        starts = np.cumsum([0, *map(len, spellings)], dtype=np.int32)
        slots = np.full(1 << (_SLOTS_PER_TOKEN * len(spellings)).bit_length(), -1, dtype=np.int32)
        tokenizer_kernels.fill_slots(letters, starts, slots)
        self.arrays = TokenizerArrays(self._characters.entries, letters, starts, slots, scores, limits)

    def encode(self, data: Sequence[bytes]) -> tuple[TokenBatch, NDArray[np.bool_] | None]:
        """The ids of texts in UTF-8, and which of them are left to the library, if any; these have no ids."""
        bounds = np.array([0, *accumulate(map(len, data))], dtype=np.int64)
        ids = np.empty(bounds[-1], dtype=np.int32)  # no token is shorter than a byte
        offsets = np.empty(len(data) + 1, dtype=np.int64)
        left = np.zeros(len(data), dtype=np.bool_)
        joined, find_tokens = b"".join(data), self._loops.find_tokens
        while (status := find_tokens(joined, bounds, *self.arrays, ids, offsets, left)) >= 0:
            self._characters.fill_page(status)
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
