"""Soft targets: the texts that a student learns from, each with the distribution of labels it should give."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from textcnn.tokens.normalise import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from textcnn.training.data.corpus import Corpus


@dataclass(frozen=True)
class SoftTargets:
    """Texts with their targets."""

    texts: list[str]
    targets: NDArray[np.float32]
    """Texts x L; each row sums to 1."""

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of texts and targets."""
        digest = hashlib.sha256(np.ascontiguousarray(self.targets).tobytes())
        for text in self.texts:
            data = text.encode("utf-8", "surrogatepass")
            digest.update(b"%d:" % len(data) + data)
        return digest.hexdigest()


def new_texts(texts: Iterable[str], corpus: Corpus) -> tuple[list[str], Counter[str]]:
    """The texts that no part of the corpus has, each once, where texts equal after `normalise` count as one.

    A test row among the unlabelled texts would be trained on with its teacher's label. The counter tells how
    many were left out, by reason.
    """
    keys_of_corpus = {
        normalise(text) for part in (corpus.train, corpus.validation, corpus.test) for text in part[:]["text"]
    }
    new_by_key: dict[str, str] = {}
    left_out: Counter[str] = Counter()
    for text in texts:
        key = normalise(text)
        if not key:
            left_out["empty"] += 1
        elif key in keys_of_corpus:
            left_out["in the corpus"] += 1
        elif key in new_by_key:
            left_out["repeated"] += 1
        else:
            new_by_key[key] = text
    return list(new_by_key.values()), left_out


def make_soft_targets(
    corpus: Corpus,
    unlabelled: Sequence[str],
    scores: NDArray[np.float64],
    *,
    hard: float,
    temperature: float,
) -> SoftTargets:
    """Mix the soft targets of a corpus's training part and of unlabelled texts.

    `scores` (texts x L) are the teacher's for both, in this order; a row of NaN is one that it does not know.
    A labelled text's target is `hard` parts its label and the rest the teacher's scores, at a temperature
    (Hinton et al. 2015): with cross-entropy that is the same as mixing both losses. Without scores a labelled
    text has its label alone, and an unlabelled one is left out.
    """
    rows = corpus.train[:]
    labelled = len(rows["text"])
    one_hot = np.zeros((labelled, scores.shape[1]))
    one_hot[np.arange(labelled), [row[0] for row in rows["labels"]]] = 1
    soft = softened(scores, temperature)
    has_scores = np.asarray(~np.isnan(soft).any(axis=1))
    mixed = np.where(has_scores[:labelled, None], hard * one_hot + (1 - hard) * soft[:labelled], one_hot)
    scored_unlabelled: list[int] = np.flatnonzero(has_scores[labelled:]).tolist()
    texts = [*rows["text"], *(unlabelled[index] for index in scored_unlabelled)]
    targets = np.concatenate([mixed, soft[labelled:][scored_unlabelled]])
    return SoftTargets(texts, targets.astype(np.float32))


def softened(scores: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Probabilities (texts x L) as their logits divided by the temperature would give them."""
    powers = scores ** (1 / temperature)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
