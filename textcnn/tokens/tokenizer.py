"""Text to token ids, by the `tokenizers` library; one `tokenizer.json` serves training and inference."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import tokenizers
from tokenizers import models, normalizers, pre_tokenizers, trainers

from textcnn.config import PAD_ID, UNKNOWN_ID
from textcnn.errors import ModelError
from textcnn.tokens.fast_tokenizer import make_fast_tokenizer
from textcnn.tokens.specification import (
    as_model_error,
    library_errors,
    read_specification,
    require_bounded,
    require_quick,
)
from textcnn.tokens.surrogates import without_surrogates
from textcnn.tokens.token_batch import TokenBatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from textcnn.tokens.fast_tokenizer import FastTokenizer

PAD_TOKEN = "[PAD]"  # noqa: S105  # a token of text, not a secret
UNKNOWN_TOKEN = "[UNK]"  # noqa: S105

_HIGH, _LOW = 0xD800 >> 10, 0xDC00 >> 10
"""The halves of a surrogate pair, but for their last ten bits."""

_CANNOT = "the tokenizer cannot encode this text"
_RARE = "\ua66e\ua66a\U0001033f \ua66e \U0010fffd"
"""Letters that hardly any vocabulary has, in a word, alone, and one that is nobody's."""

TokenKind = Literal["word", "wordpiece"]


class Tokenizer:
    """Text to ids. Id 0 is padding and id 1 stands for whatever the vocabulary does not know.

    Special tokens have no spelling: a user who types `[PAD]` or `[UNK]` has typed plain text.

    Raises:
        ModelError: the JSON is not a tokenizer, or its first two tokens are not padding and unknown.
    """

    def __init__(self, specification: str) -> None:
        values = read_specification(specification)
        with library_errors("not a tokenizer that the tokenizers library can read"):
            self._tokenizer = tokenizers.Tokenizer.from_str(specification)
        self._specification = specification
        special = [self._tokenizer.id_to_token(PAD_ID), self._tokenizer.id_to_token(UNKNOWN_ID)]
        if special != [PAD_TOKEN, UNKNOWN_TOKEN]:
            raise ModelError(f"the tokens 0 and 1 are {special} instead of {[PAD_TOKEN, UNKNOWN_TOKEN]}.")
        require_bounded(values)
        self._highest_id = self._find_highest_id()
        self._fast: FastTokenizer | None = self._make_fast(values)
        require_quick(values, self._tokenizer.encode)

    @classmethod
    def train(
        cls,
        texts: Sequence[str],
        *,
        kind: TokenKind = "word",
        vocabulary_size: int = 32_000,
        min_frequency: int = 2,
        lowercase: bool = True,
    ) -> Tokenizer:
        """A tokenizer whose vocabulary comes from `texts` alone; the same texts give the same tokenizer.

        Words are split at white space and punctuation, and every CJK character is a word of its own. The
        `word` kind leaves words outside the vocabulary unknown; `wordpiece` splits them into pieces.
        """
        texts = [without_surrogates(text) for text in texts]
        special = [PAD_TOKEN, UNKNOWN_TOKEN]
        trainer: trainers.Trainer
        if kind == "word":
            tokenizer = _splitter(models.WordLevel, lowercase)
            trainer = trainers.WordLevelTrainer(
                vocab_size=vocabulary_size,
                min_frequency=min_frequency,
                special_tokens=special,
                show_progress=False,
            )
        else:
            tokenizer = _splitter(models.WordPiece, lowercase)
            trainer = trainers.WordPieceTrainer(
                vocab_size=vocabulary_size,
                min_frequency=min_frequency,
                special_tokens=special + _continuations(texts, lowercase),
                show_progress=False,
            )
        tokenizer.train_from_iterator(texts, trainer)
        specification = json.loads(tokenizer.to_str())
        # Added tokens are found in the text before anything else; without them nobody can type one.
        specification["added_tokens"] = []
        return cls(json.dumps(specification, ensure_ascii=False))

    @classmethod
    def of_words(cls, words: Sequence[str], *, lowercase: bool = True) -> Tokenizer:
        """A tokenizer of the `word` kind whose vocabulary is given; the first word has the id 2."""
        numbers = {word: number for number, word in enumerate([PAD_TOKEN, UNKNOWN_TOKEN, *words])}
        tokenizer = _splitter(models.WordLevel, lowercase)
        tokenizer.model = models.WordLevel(numbers, unk_token=UNKNOWN_TOKEN)
        return cls(tokenizer.to_str())

    def __reduce__(self) -> tuple[type[Tokenizer], tuple[str]]:
        """Between processes, its specification goes; compiled loops do not."""
        return Tokenizer, (self._specification,)

    def to_json(self) -> str:
        """The text of `tokenizer.json`."""
        return self._specification

    @property
    def vocabulary_size(self) -> int:
        """V, padding and unknown included: one more than the highest id that can come out."""
        return self._highest_id + 1

    def require_rows(self, rows: int) -> None:
        """Make sure that a table of so many rows has one for every id that can come out; gaps are allowed.

        Raises:
            ModelError: there is a higher id.
        """
        if self._highest_id >= rows:
            raise ModelError(f"has the id {self._highest_id}, and there are embeddings of {rows} rows.")

    @property
    def fast(self) -> FastTokenizer | None:
        """The compiled loop that finds the ids without the library; None where it cannot."""
        return self._fast

    def encode(self, text: str) -> NDArray[np.int32]:
        """The ids of one text; none for a text without a visible character."""
        return self.encode_batch([text]).ids

    def encode_batch(self, texts: Sequence[str]) -> TokenBatch:
        """The ids of several texts; each the same as `encode` gives."""
        if self._fast is None:
            return TokenBatch.of(self._ids_by_library(texts))
        try:
            data = [text.encode() for text in texts]
        except UnicodeEncodeError:  # a lone surrogate somewhere
            data = [without_surrogates(text).encode() for text in texts]
        batch, left = self._fast.encode(data)
        return batch if left is None else self._with_library(texts, batch, left)

    def _with_library(self, texts: Sequence[str], batch: TokenBatch, left: NDArray[np.bool_]) -> TokenBatch:
        """The batch where the texts that are left get their ids from the library."""
        others = iter(self._ids_by_library([texts[index] for index in left.nonzero()[0].tolist()]))
        pairs = zip(left.tolist(), batch, strict=True)
        return TokenBatch.of([next(others) if is_left else ids for is_left, ids in pairs])

    def _ids_by_library(self, texts: Sequence[str]) -> list[list[int]]:
        try:
            encodings = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        except (UnicodeEncodeError, TypeError):  # a lone surrogate somewhere
            cleaned = [without_surrogates(text) for text in texts]
            with library_errors(_CANNOT):
                encodings = self._tokenizer.encode_batch_fast(cleaned, add_special_tokens=False)
        except BaseException as error:  # not the block above: it would take time for each text
            raise as_model_error(error, _CANNOT) from error
        return [encoding.ids for encoding in encodings]

    def vocabulary(self) -> list[str]:
        """The spelling of every token, by its id; an empty one where no token has the id."""
        spellings = [""] * self.vocabulary_size
        for spelling, number in self._tokenizer.get_vocab(with_added_tokens=False).items():
            spellings[number] = spelling
        return spellings

    def words(self, text: str) -> list[str]:
        """A text as it is split before the vocabulary is looked at, normalised."""
        text = without_surrogates(text)
        if self._tokenizer.normalizer is not None:
            text = self._tokenizer.normalizer.normalize_str(text)
        if self._tokenizer.pre_tokenizer is None:
            return [text] if text else []
        return [word for word, _ in self._tokenizer.pre_tokenizer.pre_tokenize_str(text)]

    def spans(self, text: str) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The ids (n) of a text, and where each token stands (n x 2): its first code point, and its end.

        What is cleaned away belongs to the token around it, or to none.
        """
        encoding = self._encode_one(text)
        spans = np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)
        if not text.isascii() and len(without_surrogates(text)) != len(text):
            spans = _places_of_joined(text)[spans]
        return np.array(encoding.ids, dtype=np.int32), spans

    def tokens(self, text: str) -> list[str]:
        """The spelling of each token of a text, as the vocabulary has it."""
        return list(self._encode_one(text).tokens)

    def _find_highest_id(self) -> int:
        """The highest id that can come out: a token's, an added or a special one's, or of what is unknown.

        Special tokens come out of a text without any, and what is unknown out of one that nobody has a token
        for. There may be none for it, which the library finds out when it meets such a text.
        """
        ids = set(self._tokenizer.get_vocab(with_added_tokens=True).values())
        for text in ("", _RARE):
            with suppress(ModelError), library_errors(_CANNOT):  # then no id comes out of such a text
                ids.update(self._tokenizer.encode(text).ids)
        return max(ids)

    def _make_fast(self, values: dict[str, Any]) -> FastTokenizer | None:
        try:
            return make_fast_tokenizer(self._tokenizer, values)
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
            raise ModelError("not a tokenizer: a value of its model is of the wrong type.") from error

    def _encode_one(self, text: str) -> tokenizers.Encoding:
        try:
            return self._tokenizer.encode(text, add_special_tokens=False)
        except (UnicodeEncodeError, TypeError):  # a lone surrogate
            with library_errors(_CANNOT):
                return self._tokenizer.encode(without_surrogates(text), add_special_tokens=False)
        except BaseException as error:
            raise as_model_error(error, _CANNOT) from error


def _places_of_joined(text: str) -> NDArray[np.int64]:
    """Where each code point of `without_surrogates(text)` begins in a text, and its end."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32) >> 10
    is_second = np.append(0, (codes[:-1] == _HIGH) & (codes[1:] == _LOW))
    return np.append(np.flatnonzero(is_second == 0), len(text))


def _splitter(model: type[models.WordLevel | models.WordPiece], lowercase: bool) -> tokenizers.Tokenizer:
    """A tokenizer without a vocabulary yet."""
    tokenizer = tokenizers.Tokenizer(model({UNKNOWN_TOKEN: 0}, unk_token=UNKNOWN_TOKEN))
    tokenizer.normalizer = normalizers.BertNormalizer(
        clean_text=True, handle_chinese_chars=True, strip_accents=False, lowercase=lowercase
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def _continuations(texts: Sequence[str], lowercase: bool) -> list[str]:
    """The pieces of one character inside words, in their order.

    The library would number them in the order of a hash table, which differs from run to run and decides
    between merges that are equally frequent.
    """
    words = _splitter(models.WordLevel, lowercase)
    everything = trainers.WordLevelTrainer(vocab_size=2**31, min_frequency=1, show_progress=False)
    words.train_from_iterator(texts, everything)
    return [f"##{character}" for character in sorted({c for word in words.get_vocab() for c in word[1:]})]
