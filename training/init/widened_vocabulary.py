"""A vocabulary widened by characters and words of the corpus that it lacks: an emoji alone may decide.

A base cannot know everything, and what it does not know is one and the same unknown token to it. Its own
tokens stay as they are, so whatever it knows is cut and means as before.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from textcnn.config import UNKNOWN_ID
from textcnn.tokens.tokenizer import Tokenizer
from textcnn.training.data.corpus_tokenizer import encode
from textcnn.training.init.start import SPREAD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textcnn.training.init.start import ChosenStart, Start

LEAST_OCCURRENCES: Final = 3
"""Of what is added: what comes once or twice teaches nothing that would hold for another text."""
MOST_ADDED: Final = 4_000
"""Tokens that are added, characters first, so that no corpus makes a model large."""


def widen(chosen: ChosenStart, texts: Sequence[str], seed: int = 0) -> ChosenStart:
    """Widen the vocabulary of a chosen start, where nothing has decided it yet.

    An earlier model's filters are used to its own, and a file of word vectors has the corpus's words already.
    """
    start = chosen.start
    if start is None or start.model is not None or start.offered is not None:
        return chosen
    return replace(chosen, start=widened(start, texts, seed))


def widened(start: Start, texts: Sequence[str], seed: int = 0) -> Start:
    """A start whose vocabulary has what the texts have often and it lacks; itself where that is nothing.

    Only vocabularies of words, of pieces of words and of scored pieces are widened: no other has an unknown
    token.
    """
    specification = json.loads(start.tokenizer.to_json())
    added = _lacking(specification["model"], _unknown_words(start.tokenizer, texts))[:MOST_ADDED]
    if not added:
        return start
    _add(specification["model"], added, len(start.vectors))
    # As long as the others: from a tenth of that, 120 rows teach nothing of emoji, which all are then.
    drawn = np.random.default_rng(seed).normal(0, SPREAD, (len(added), start.vectors.shape[1]))
    return replace(
        start,
        tokenizer=Tokenizer(json.dumps(specification, ensure_ascii=False)),
        vectors=np.concatenate([start.vectors, drawn.astype(np.float32)]),
        known=np.append(start.known, np.zeros(len(added), dtype=np.bool_)),
        added=len(added),
    )


def _unknown_words(tokenizer: Tokenizer, texts: Sequence[str]) -> Counter[str]:
    """How often the texts have each word of which the tokenizer does not know all."""
    batch = encode(texts, tokenizer)
    counts: Counter[str] = Counter()
    for text, ids in zip(texts, batch, strict=True):
        if (ids == UNKNOWN_ID).any():
            counts.update(tokenizer.words(text))
    words = list(counts)
    unknown = (
        word for word, ids in zip(words, encode(words, tokenizer), strict=True) if (ids == UNKNOWN_ID).any()
    )
    return Counter({word: counts[word] for word in unknown})


def _lacking(model: dict[str, Any], unknown_words: Counter[str]) -> list[str]:
    """The tokens that would make words known, the commonest first: characters, and then words of letters."""
    characters: Counter[str] = Counter()
    for word, count in unknown_words.items():
        characters.update({character: count * word.count(character) for character in set(word)})
    words = Counter({word: count for word, count in unknown_words.items() if word.isalpha()})
    kind, vocabulary = model["type"], model["vocab"]
    if kind == "WordPiece":
        prefix = model["continuing_subword_prefix"]
        frequent = [form for each in _frequent(characters) for form in (each, prefix + each)]
        tokens = [*frequent, *_frequent(words)]
    elif kind == "WordLevel":
        tokens = _frequent(unknown_words)
    elif kind == "Unigram":  # its words are whole sentences of Chinese
        tokens, vocabulary = _frequent(characters), {token for token, _ in vocabulary}
    else:
        return []
    return [token for token in dict.fromkeys(tokens) if token not in vocabulary]


def _frequent(counts: Counter[str]) -> list[str]:
    often = [each for each, count in counts.items() if count >= LEAST_OCCURRENCES]
    return sorted(often, key=lambda each: (-counts[each], each))


def _add(model: dict[str, Any], tokens: list[str], first: int) -> None:
    if isinstance(model["vocab"], dict):
        model["vocab"] |= {token: number for number, token in enumerate(tokens, start=first)}
        return
    # As unlikely as the least likely piece; the first two are padding and unknown, which are less likely yet.
    least = min(score for _, score in model["vocab"][UNKNOWN_ID + 1 :])
    model["vocab"] += [[token, least] for token in tokens]
