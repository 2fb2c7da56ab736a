"""The texts that a teacher was taught on: digests beside its weights, so that none tests a student."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from textcnn.errors import ConfigError
from textcnn.tokens.normalise import normalise

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.training.data.corpus import Corpus
    from textcnn.training.distillation.teacher import Teacher

SEEN = "taught_on.json"
"""By this file too `teach` knows a directory that it may replace."""


def write_seen(directory: Path, corpus: Corpus, before: frozenset[str]) -> None:
    """Keep the digests of a corpus's training and validation texts, and those that the encoder had before."""
    texts = [*corpus.train[:]["text"], *corpus.validation[:]["text"]]
    digests = sorted(before.union(map(_digest, texts)))
    (directory / SEEN).write_text(json.dumps({"texts": digests}) + "\n", encoding="utf-8")


def read_seen(directory: Path) -> frozenset[str]:
    """The digests in a teacher's directory; none where `teach` did not write it.

    Raises:
        ConfigError: the file is damaged.
    """
    file = directory / SEEN
    if not file.is_file():
        return frozenset()
    try:
        return frozenset(json.loads(file.read_text(encoding="utf-8"))["texts"])
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{file} is damaged. Copy the teacher again, or teach it again.") from error


def require_unseen(corpus: Corpus, teacher: Teacher) -> None:
    """Make sure that a teacher was taught on no test text; texts equal after `normalise` count as one.

    Raises:
        ConfigError: it was; says on how many.
    """
    seen = sum(_digest(text) in teacher.seen for text in corpus.test[:]["text"])
    if seen:
        raise ConfigError(
            f"{seen:,} of the {len(corpus.test):,} test texts are among those the teacher was taught on. "
            "Give `teach` and `distill` the same corpus with the same seed and shares, or the same --test.",
            field="teacher",
        )


def _digest(text: str) -> str:
    return hashlib.blake2b(normalise(text).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
