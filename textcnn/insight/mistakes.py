"""The worst mistakes of a model on labelled texts, by what was taken for what, and what misled it."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from textcnn.errors import CorpusError
from textcnn.evaluation.evaluation import CHUNK, truth_of_rows
from textcnn.evidence.evidence import apart
from textcnn.evidence.logit_shares import share_over_tokens
from textcnn.insight.token_maps import TokenMap
from textcnn.prediction import probabilities
from textcnn.tokens.surrogates import without_surrogates

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from textcnn.classifier import TextClassifier
    from textcnn.config import ModelConfig
    from textcnn.evidence.evidence import NGram
    from textcnn.reading.rows import Row

WORST: Final = 5
"""Mistakes that are kept of each kind."""
MISLEADING: Final = 3
"""N-grams that are named for each."""

Kind = tuple[int | None, int | None]
"""Indices of the label that is true and of the label that was given; None for no label."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One text that the model has wrong."""

    row: Row
    how_wrong: float
    """Probability of the label given less the true one's; multi-label, the distance from the threshold."""
    misleading: tuple[NGram, ...]
    """N-grams for the label given rather than the true one, by differences of logits; none overlap."""
    token_map: TokenMap
    """The same, token by token."""

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "file": self.row.file,
            "line": self.row.line,
            "text": without_surrogates(self.row.text),
            "how_wrong": self.how_wrong,
            "misleading": [each.to_dict() for each in self.misleading],
        }


@dataclass(frozen=True, slots=True)
class Confusion:
    """All texts that were wrong in one way."""

    truth: str | None
    """None: a multi-label model gave `given`, which the text does not have."""
    given: str | None
    """None: a multi-label model missed `truth`."""
    count: int
    worst: tuple[Mistake, ...]
    """The worst first."""

    @property
    def title(self) -> str:
        """For people."""
        if self.truth is None:
            return f"{self.given}, given wrongly"
        return f"{self.truth}, missed" if self.given is None else f"{self.truth}, taken for {self.given}"

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        worst = [each.to_dict() for each in self.worst]
        return {"truth": self.truth, "given": self.given, "count": self.count, "worst": worst}


@dataclass(frozen=True, slots=True)
class Mistakes:
    """The mistakes of a model in a corpus."""

    rows: int
    wrong: int
    """Rows that are not wholly right."""
    confusions: tuple[Confusion, ...]
    """The commonest first."""

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        confusions = [each.to_dict() for each in self.confusions]
        return {"rows": self.rows, "wrong": self.wrong, "confusions": confusions}


def find_mistakes(classifier: TextClassifier, rows: Iterable[Row], worst: int = WORST) -> Mistakes:
    """The mistakes of a model, of each kind the `worst` ones; rows are read as they are needed.

    Each text counts with its best label, also where its score is below the model's `unknown_below`.

    Raises:
        CorpusError: no rows, or a row with a label that the model does not know.
    """
    worst_rows: dict[Kind, list[tuple[float, int, Row]]] = {}
    counts: dict[Kind, int] = {}
    read = wrong = 0
    for chunk in _chunks(rows):
        for number, kinds in enumerate(_wrong(classifier, chunk)):
            wrong += bool(kinds)
            for kind, how_wrong in kinds:
                counts[kind] = counts.get(kind, 0) + 1
                heap = worst_rows.setdefault(kind, [])
                # Of equally bad ones the first stays; the number keeps rows from being compared.
                heapq.heappush(heap, (how_wrong, -(read + number), chunk[number]))
                if len(heap) > worst:
                    heapq.heappop(heap)
        read += len(chunk)
    if not read:
        raise CorpusError("There are no rows to look for mistakes in.")
    confusions = [_confusion(classifier, kind, counts[kind], worst_rows[kind]) for kind in counts]
    confusions.sort(key=lambda each: -each.count)
    return Mistakes(read, wrong, tuple(confusions))


def _wrong(classifier: TextClassifier, rows: list[Row]) -> Iterator[list[tuple[Kind, float]]]:
    """For each row in which ways it is wrong, and how much."""
    config = classifier.config
    truth = truth_of_rows(rows, config)
    logits = classifier.score(classifier.tokenize([row.text for row in rows]))
    scores = probabilities(logits, multi_label=config.multi_label, temperature=config.temperature)
    ways = _wrong_sets if config.multi_label else _wrong_class
    return (ways(config, *pair) for pair in zip(truth, scores, strict=True))


def _wrong_class(
    _: ModelConfig, truth: NDArray[np.bool_], scores: NDArray[np.float64]
) -> list[tuple[Kind, float]]:
    true, given = int(truth.argmax()), int(scores.argmax())
    return [] if true == given else [((true, given), float(scores[given] - scores[true]))]


def _wrong_sets(
    config: ModelConfig, truth: NDArray[np.bool_], scores: NDArray[np.float64]
) -> list[tuple[Kind, float]]:
    given = scores >= np.array(config.thresholds)
    return [
        (
            (int(label), None) if truth[label] else (None, int(label)),
            abs(scores[label] - config.thresholds[label]),
        )
        for label in np.flatnonzero(truth != given)
    ]


def _confusion(
    classifier: TextClassifier, kind: Kind, count: int, worst_rows: list[tuple[float, int, Row]]
) -> Confusion:
    truth, given = (None if index is None else classifier.labels[index] for index in kind)
    worst = [
        _mistake(classifier, kind, how_wrong, row) for how_wrong, _, row in sorted(worst_rows, reverse=True)
    ]
    return Confusion(truth, given, count, tuple(worst))


def _mistake(classifier: TextClassifier, kind: Kind, how_wrong: float, row: Row) -> Mistake:
    truth, given = kind
    explanation = classifier.explain(row.text)
    ids = classifier.tokenizer.encode(row.text)
    scores = np.zeros(len(ids))
    for label, sign in ((given, 1), (truth, -1)):
        if label is not None:
            scores += sign * share_over_tokens(classifier.engine, ids, label)
    true_name, name = (None if index is None else classifier.labels[index] for index in kind)
    return Mistake(
        row,
        float(how_wrong),
        tuple(apart(explanation.between(name, true_name), MISLEADING)),
        TokenMap("evidence", name or true_name or "", row.text, explanation.token_spans, scores),
    )


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk
