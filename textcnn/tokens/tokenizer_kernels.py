"""The tokenizer's inner loops, compiled by numba; `textcnn.tokens.fast_tokenizer` tells what they are for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from textcnn.compilation.jit import compiled
from textcnn.tokens.character_table import ALONE, KIND_SHIFT, LEFT_OUT, LETTER, LIBRARY, NOT_ASKED

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CODE_MASK = (1 << KIND_SHIFT) - 1
_FNV_OFFSET = np.uint64(0xCBF29CE484222325)
_FNV_PRIME = np.uint64(0x100000001B3)
_MIX_SHIFT = np.uint64(29)
DONE = -1
SOME_LEFT = -2
WORDS, PIECES, UNIGRAM = range(3)
"""How a word becomes tokens: it is one; the longest pieces from the left; the likeliest pieces."""


class Vocabulary(NamedTuple):
    """The tokens that the loops look up."""

    letters: NDArray[np.uint32]
    """The spellings, one after the other."""
    starts: NDArray[np.int32]
    """Where each spelling begins, by id; one more for the end of the last."""
    slots: NDArray[np.int32]
    """The hash table: open addressing, a power of two of places, -1 in empty ones."""
    scores: NDArray[np.float64]
    """The logarithm of how likely each token is, by id; in a unigram model alone."""
    unknown: int
    model: int
    """WORDS, PIECES or UNIGRAM."""
    longest_word: int
    """Longer words are unknown, where the longest pieces are taken."""
    longest_piece: int


@compiled
def fill_slots(letters: NDArray[np.uint32], starts: NDArray[np.int32], slots: NDArray[np.int32]) -> None:
    """Put every spelling into the hash table, which is empty."""
    for token in range(len(starts) - 1):
        hashed = _FNV_OFFSET
        for position in range(starts[token], starts[token + 1]):
            hashed = _hash_on(hashed, letters[position])
        slot = _slot(hashed, slots)
        while slots[slot] >= 0:
            slot = (slot + 1) & (len(slots) - 1)
        slots[slot] = token


@compiled
def find_tokens(
    data: bytes,
    bounds: NDArray[np.int64],
    characters: NDArray[np.uint32],
    letters: NDArray[np.uint32],
    starts: NDArray[np.int32],
    slots: NDArray[np.int32],
    scores: NDArray[np.float64],
    limits: NDArray[np.int64],
    ids: NDArray[np.int32],
    offsets: NDArray[np.int64],
    left: NDArray[np.bool_],
) -> int:
    """Fill `ids` and `offsets` with the tokens of texts in UTF-8 that end at `bounds[1:]`.

    Returns DONE; or SOME_LEFT, where texts that only the library can read are marked in `left` and have no
    ids; or a code point that the table of characters lacks, for the caller to ask about it. `limits` holds
    the `unknown`, `model`, `longest_word` and `longest_piece` of the vocabulary.
    """
    # A tuple of arrays takes longer to hand over than the tokens of a short text to find.
    vocabulary = Vocabulary(letters, starts, slots, scores, limits[0], limits[1], limits[2], limits[3])
    longest = 0
    for text in range(len(bounds) - 1):
        longest = max(longest, bounds[text + 1] - bounds[text])
    word = np.empty(longest, dtype=np.uint32)  # no letter is shorter than a byte
    result = DONE
    offsets[0] = 0
    for text in range(len(bounds) - 1):
        start, stop = bounds[text], bounds[text + 1]
        end, status = _read_text(data, start, stop, characters, vocabulary, word, ids, offsets[text])
        if status >= 0:
            return status
        offsets[text + 1] = end
        if status == SOME_LEFT:
            left[text] = True
            result = SOME_LEFT
    return result


@compiled
def _read_text(
    data: bytes,
    position: int,
    stop: int,
    characters: NDArray[np.uint32],
    vocabulary: Vocabulary,
    word: NDArray[np.uint32],
    ids: NDArray[np.int32],
    begin: int,
) -> tuple[int, int]:
    """Put the ids of one text at `begin`; gives the new end and what `find_tokens` says of this text."""
    end, size = begin, 0
    while position < stop:
        point, position = _decode(data, position)
        entry = np.int64(characters[point])
        kind = entry >> KIND_SHIFT
        if kind == LETTER:
            word[size] = entry & _CODE_MASK
            size += 1
        elif kind != LEFT_OUT:
            if kind == NOT_ASKED:
                return begin, point
            if kind == LIBRARY:
                return begin, SOME_LEFT
            if size > 0:
                end = _add_word(word[:size], vocabulary, ids, end)
                size = 0
            if kind == ALONE:
                word[0] = entry & _CODE_MASK
                end = _add_word(word[:1], vocabulary, ids, end)
    if size > 0:
        end = _add_word(word[:size], vocabulary, ids, end)
    return end, DONE


@compiled
def _add_word(word: NDArray[np.uint32], vocabulary: Vocabulary, ids: NDArray[np.int32], end: int) -> int:
    """Put the ids of a word at `end`; gives the new end."""
    if vocabulary.model == UNIGRAM:
        return _add_likeliest_pieces(word, vocabulary, ids, end)
    if vocabulary.model == WORDS or len(word) <= vocabulary.longest_word:
        hashed = _FNV_OFFSET
        for letter in word:
            hashed = _hash_on(hashed, letter)
        token = _find(word, 0, len(word), 0, hashed, vocabulary)
        if token >= 0:  # most words are one token: no call of a function that is too large to be inlined
            ids[end] = token
            return end + 1
        if vocabulary.model == PIECES:
            return _add_longest_pieces(word, vocabulary, ids, end)
    ids[end] = vocabulary.unknown
    return end + 1


@compiled
def _add_longest_pieces(
    word: NDArray[np.uint32], vocabulary: Vocabulary, ids: NDArray[np.int32], end: int
) -> int:
    """WordPiece: the longest pieces that fit, from the left."""
    first, begin = 0, end
    hashes = np.empty(len(word) + 1, dtype=np.uint64)  # of the letters from `first` to each place
    while first < len(word):
        last, token, lead = min(len(word), first + vocabulary.longest_piece), -1, 1 if first > 0 else 0
        hashes[first] = _hash_on(_FNV_OFFSET, np.uint32(0)) if lead else _FNV_OFFSET
        for position in range(first, last):
            hashes[position + 1] = _hash_on(hashes[position], word[position])
        while last > first:
            token = _find(word, first, last, lead, hashes[last], vocabulary)
            if token >= 0:
                break
            last -= 1
        if token < 0:
            break
        ids[end] = token
        end += 1
        first = last
    if first < len(word):  # a part that no piece fits makes all of the word unknown
        ids[begin] = vocabulary.unknown
        return begin + 1
    return end


@compiled
def _add_likeliest_pieces(
    word: NDArray[np.uint32], vocabulary: Vocabulary, ids: NDArray[np.int32], end: int
) -> int:
    """Unigram: the pieces whose scores have the largest sum (Viterbi); unknown letters in a row are one.

    Of equal sums the one that was found first is kept, and sums grow from the left, as in the library.
    """
    size, unknown = len(word), vocabulary.unknown
    best = np.zeros(size + 1, dtype=np.float64)
    token_to = np.full(size + 1, -1, dtype=np.int32)  # the token that ends before a letter, and its begin
    start_to = np.empty(size + 1, dtype=np.int64)
    for first in range(size):
        is_known, hashed = False, _FNV_OFFSET
        for last in range(first + 1, min(size, first + vocabulary.longest_piece) + 1):
            hashed = _hash_on(hashed, word[last - 1])
            token = _find(word, first, last, 0, hashed, vocabulary)
            if token >= 0:
                is_known |= last == first + 1
                total = vocabulary.scores[token] + best[first]
                if token_to[last] < 0 or total > best[last]:
                    best[last], token_to[last], start_to[last] = total, token, first
        if not is_known:
            total = vocabulary.scores[unknown] + best[first]
            if token_to[first + 1] < 0 or total > best[first + 1]:
                best[first + 1], token_to[first + 1], start_to[first + 1] = total, unknown, first
    count, last = 0, size  # from the right: how many tokens, then the tokens themselves
    while last > 0:
        start = start_to[last]
        count += token_to[last] != unknown or start == 0 or token_to[start] != unknown
        last = start
    place, last = end + count, size
    while last > 0:
        start = start_to[last]
        if token_to[last] != unknown or start == 0 or token_to[start] != unknown:
            place -= 1
            ids[place] = token_to[last]
        last = start
    return end + count


@compiled
def _find(
    word: NDArray[np.uint32], first: int, last: int, lead: int, hashed: np.uint64, vocabulary: Vocabulary
) -> int:
    """The token with this hash that spells a part of a word, or -1.

    Where `lead` is 1, the part continues a word, and is spelt after a NUL.
    """
    letters, starts, slots = vocabulary.letters, vocabulary.starts, vocabulary.slots
    slot = _slot(hashed, slots)
    while slots[slot] >= 0:
        token = slots[slot]
        start = starts[token]
        if starts[token + 1] - start == last - first + lead and (lead == 0 or letters[start] == 0):
            same = True
            for offset in range(last - first):
                if letters[start + lead + offset] != word[first + offset]:
                    same = False
                    break
            if same:
                return int(token)
        slot = (slot + 1) & (len(slots) - 1)
    return -1


@compiled
def _decode(data: bytes, position: int) -> tuple[int, int]:
    """The code point that begins at a byte of valid UTF-8, and where the next one begins."""
    lead = int(data[position])
    if lead < 0x80:
        return lead, position + 1
    if lead < 0xE0:
        return (lead & 0x1F) << 6 | data[position + 1] & 0x3F, position + 2
    middle = (data[position + 1] & 0x3F) << 6 | data[position + 2] & 0x3F
    if lead < 0xF0:
        return (lead & 0x0F) << 12 | middle, position + 3
    return (lead & 0x07) << 18 | middle << 6 | data[position + 3] & 0x3F, position + 4


@compiled
def _hash_on(hashed: np.uint64, letter: np.uint32) -> np.uint64:
    """FNV-1a, a letter at a time."""
    return (hashed ^ np.uint64(letter)) * _FNV_PRIME


@compiled
def _slot(hashed: np.uint64, slots: NDArray[np.int32]) -> np.int64:
    return np.int64((hashed ^ (hashed >> _MIX_SHIFT)) & np.uint64(len(slots) - 1))
