"""Word vectors in a file: word2vec's two formats, GloVe's and fastText's `.vec`, gzipped or not.

Words are those of the training part, whether the file has them or not, and then the file's own in its order,
which is that of their frequency, until the vocabulary is full: so words that the corpus lacks profit too.
"""

from __future__ import annotations

import gzip
import hashlib
from typing import TYPE_CHECKING, BinaryIO, Final, cast

import numpy as np

from textcnn.config import UNKNOWN_ID
from textcnn.errors import ConfigError
from textcnn.tokens.tokenizer import Tokenizer
from textcnn.training.init.start import SPREAD, Start, conditioned

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from textcnn.recipe import Recipe

    Vectors = Iterator[tuple[str, NDArray[np.float32]]]

_LONGEST_WORD: Final = 10_000
"""Bytes; a longer one means that the file is no such file."""


def read_word_vectors(path: Path, texts: Sequence[str], recipe: Recipe) -> Start:
    """The start that a file of word vectors gives for the texts of the training part.

    Raises:
        ConfigError: the file cannot be read as one, or knows no word of the texts.
    """
    own = Tokenizer.train(
        texts,
        kind="word",
        vocabulary_size=recipe.vocabulary_size,
        min_frequency=1,
        lowercase=recipe.lowercase,
    )
    frequent = Tokenizer.train(
        texts,
        kind="word",
        vocabulary_size=recipe.vocabulary_size,
        min_frequency=recipe.min_frequency,
        lowercase=recipe.lowercase,
    )
    wanted = set(own.vocabulary()[UNKNOWN_ID + 1 :])
    vector_of, others, offered = _select(path, wanted, recipe, own)
    if not vector_of:
        raise ConfigError(
            f"init is {path}: it knows no word of the training part. Is it of the same language?",
            field="init",
        )
    always = set(frequent.vocabulary())
    corpus_words = [
        word for word in own.vocabulary()[UNKNOWN_ID + 1 :] if word in vector_of or word in always
    ]
    room = max(0, recipe.vocabulary_size - len(corpus_words) - 2)
    words = corpus_words + list(others)[:room]
    source = vector_of | others
    known = np.array([False, False, *(word in source for word in words)])
    raw = np.stack([source[word] for word in words if word in source])
    dimensions = recipe.embedding_dim if "embedding_dim" in recipe.model_fields_set else None
    vectors = np.random.default_rng(recipe.seed).normal(
        0, SPREAD, (len(words) + 2, dimensions or raw.shape[1])
    )
    vectors[:2] = 0
    vectors[known] = conditioned(raw, dimensions)
    tokenizer = Tokenizer.of_words(words, lowercase=recipe.lowercase)
    return Start(str(path), tokenizer, vectors.astype(np.float32), known, _sha256(path), offered)


def _select(
    path: Path, wanted: set[str], recipe: Recipe, splitter: Tokenizer
) -> tuple[dict[str, NDArray[np.float32]], dict[str, NDArray[np.float32]], int]:
    """The vectors of the wanted words and of the first others in the file, and how many words that has.

    A word's own case comes first.
    """
    own_case: dict[str, NDArray[np.float32]] = {}
    others: dict[str, NDArray[np.float32]] = {}
    other_case: dict[str, NDArray[np.float32]] = {}
    offered = 0
    for word, vector in _open_vectors(path):
        offered += 1
        lower = word.lower() if recipe.lowercase else word
        if word in wanted:
            own_case.setdefault(word, vector)
        elif lower in wanted:
            other_case.setdefault(lower, vector)
        elif (
            len(others) < recipe.vocabulary_size and lower not in others and splitter.words(lower) == [lower]
        ):
            others[lower] = vector
    return other_case | own_case, others, offered


def _open_vectors(path: Path) -> Vectors:
    """Every word of a file with its vector (D)."""
    try:
        with _open(path) as file:
            yield from _read(file, path)
    except (OSError, EOFError) as error:
        raise ConfigError(f"init is {path}, which cannot be read: {error}.", field="init") from error


def _read(file: BinaryIO, path: Path) -> Vectors:
    first = file.readline(_LONGEST_WORD * 10)
    header = first.split()
    if len(header) == 2 and all(part.isdigit() for part in header):
        count, dimensions = int(header[0]), int(header[1])
        if path.name.removesuffix(".gz").endswith(".bin"):
            yield from _read_binary(file, path, count, dimensions)
            return
    else:
        count, dimensions = 0, len(header) - 1
        yield _parse(first, dimensions, path, 1)
    words = 0
    for number, line in enumerate(file, start=2):
        if line.strip():
            words += 1
            yield _parse(line, dimensions, path, number)
    if words < count:
        raise ConfigError(
            f"init is {path}: it says that it has {count:,} words, and has {words:,}. Is it truncated?",
            field="init",
        )


def _parse(line: bytes, dimensions: int, path: Path, number: int) -> tuple[str, NDArray[np.float32]]:
    """Word and vector of a line; the word is all that stands before the numbers."""
    parts = line.rstrip().rsplit(b" ", dimensions)
    try:
        if dimensions < 1 or len(parts) != dimensions + 1:
            raise ValueError
        vector = np.array(parts[1:], dtype=np.float32)
        if not np.isfinite(vector).all():
            raise ValueError
    except ValueError as error:
        raise ConfigError(
            f"init is {path}: line {number} is not a word and {max(dimensions, 1)} numbers. Expected "
            "word2vec (.bin, .txt), GloVe or fastText (.vec) vectors, or .gz of them.",
            field="init",
        ) from error
    return parts[0].decode("utf-8", "replace"), vector


def _read_binary(file: BinaryIO, path: Path, count: int, dimensions: int) -> Vectors:
    for number in range(1, count + 1):
        word = bytearray()
        while (byte := file.read(1)) not in (b" ", b"") and len(word) < _LONGEST_WORD:
            if byte != b"\n":
                word += byte
        data = file.read(4 * dimensions)
        vector = np.frombuffer(data, dtype="<f4") if len(data) == 4 * dimensions else None
        if vector is None or not np.isfinite(vector).all():
            raise ConfigError(
                f"init is {path}: it says that it has {count} words, and word {number} is not whole. "
                "Is it truncated, or not word2vec's binary format?",
                field="init",
            )
        yield word.decode("utf-8", "replace"), vector.astype(np.float32)


def _open(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
