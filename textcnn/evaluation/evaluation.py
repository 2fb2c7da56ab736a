"""How good a classifier is on labelled texts it has never seen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from itertools import islice
from operator import add
from typing import TYPE_CHECKING, Any

import numpy as np

from textcnn.confusion import PairCounts
from textcnn.directory import METRICS_FORMAT
from textcnn.errors import CorpusError
from textcnn.evaluation.metrics import (
    Interval,
    LabelCounts,
    Reliability,
    exact_matches,
    wilson_interval,
)
from textcnn.prediction import probabilities
from textcnn.reading.rows import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from textcnn.classifier import TextClassifier
    from textcnn.config import ModelConfig

CHUNK = 4096
"""Texts that are in memory at once."""
_LABELS_NAMED = 20
_PLACES = 4


def evaluate(
    classifier: TextClassifier, texts: Iterable[str], truth: Iterable[tuple[str, ...]]
) -> Evaluation:
    """Measure a classifier on texts whose labels are known: one label each, or any set for multi-label.

    Raises:
        CorpusError: no texts, or a text with a label that the model does not know, or without exactly one
            label where the model gives exactly one.
        ValueError: `texts` and `truth` are not equally many.
    """
    pairs = enumerate(zip(texts, truth, strict=True), start=1)
    return evaluate_rows(
        classifier, (Row(line=line, text=text, labels=labels, file="texts") for line, (text, labels) in pairs)
    )


def evaluate_rows(classifier: TextClassifier, rows: Iterable[Row]) -> Evaluation:
    """The same as `evaluate` of the rows of a labelled file, whose errors name file and line.

    Rows are read as they are needed, and only counts are kept of them.
    """
    parts = (_evaluate_chunk(classifier, chunk) for chunk in _chunks(rows))
    first = next(parts, None)
    if first is None:
        raise CorpusError("There are no rows to evaluate on.")
    return reduce(add, parts, first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The counts that every figure comes from; those of parts of a corpus add up to those of the whole.

    Figures are of the best label of each text, also where its score is below the model's `unknown_below`:
    so they can be compared whatever that is set to. `unknown` and `answered_accuracy` tell its effect.
    """

    labels: tuple[str, ...]
    multi_label: bool
    rows: int
    correct: int
    """Rows that are wholly right."""
    counts: LabelCounts
    confusion: PairCounts
    """Of single-label models; empty for multi-label ones."""
    reliability: Reliability
    uncalibrated: Reliability
    """The same scores at temperature 1."""
    unknown_below: float = 0.0
    answered: int = 0
    """Rows with a best score of `unknown_below` or more."""
    answered_correct: int = 0

    def __add__(self, other: Evaluation) -> Evaluation:
        return Evaluation(
            labels=self.labels,
            multi_label=self.multi_label,
            rows=self.rows + other.rows,
            correct=self.correct + other.correct,
            counts=self.counts + other.counts,
            confusion=self.confusion + other.confusion,
            reliability=self.reliability + other.reliability,
            uncalibrated=self.uncalibrated + other.uncalibrated,
            unknown_below=self.unknown_below,
            answered=self.answered + other.answered,
            answered_correct=self.answered_correct + other.answered_correct,
        )

    @property
    def accuracy(self) -> float:
        """Share of rows that are wholly right; subset accuracy for multi-label."""
        return self.correct / self.rows

    @property
    def accuracy_interval(self) -> Interval:
        """The 95 % interval of the accuracy (Wilson)."""
        return wilson_interval(self.correct, self.rows)

    @property
    def macro_f1(self) -> float:
        """Mean F1 over the labels that are true or given at least once."""
        return self.counts.macro_f1

    @property
    def micro_f1(self) -> float:
        """F1 of all decisions together; single-label, it is the accuracy."""
        return self.counts.micro_f1

    @property
    def ece(self) -> float:
        """Expected calibration error of the scores that the model gives."""
        return self.reliability.ece

    @property
    def unknown(self) -> float:
        """Share of rows that the model names no label for, since it is not confident enough."""
        return 1 - self.answered / self.rows

    @property
    def answered_accuracy(self) -> float:
        """Accuracy on the rows that the model names a label for; 0 when there are none."""
        return self.answered_correct / max(self.answered, 1)

    def to_dict(self) -> dict[str, Any]:
        """Every figure as plain JSON values.

        `micro_f1` is there for multi-label models, `confusion` for the others, `unknown` and
        `answered_accuracy` where `unknown_below` is on.
        """
        values: dict[str, Any] = {
            "format_version": METRICS_FORMAT,
            "rows": self.rows,
            "accuracy": self.accuracy,
            "accuracy_interval": list(self.accuracy_interval),
            "macro_f1": self.macro_f1,
        }
        if self.multi_label:
            values["micro_f1"] = self.micro_f1
        if self.unknown_below:
            values |= {
                "unknown_below": self.unknown_below,
                "unknown": self.unknown,
                "answered_accuracy": self.answered_accuracy,
            }
        values["per_label"] = self._per_label()
        if not self.multi_label:
            values["confusion"] = self.confusion.to_dict(self.labels)
        values["calibration"] = {
            "ece": self.ece,
            "ece_before": self.uncalibrated.ece,
            "bins": self.reliability.to_list(),
            "bins_before": self.uncalibrated.to_list(),
        }
        return values

    def _per_label(self) -> dict[str, dict[str, Any]]:
        counts = self.counts
        columns = {
            "precision": counts.precision,
            "precision_interval": counts.precision_intervals(),
            "recall": counts.recall,
            "recall_interval": counts.recall_intervals(),
            "f1": counts.f1,
            "f1_interval": counts.f1_intervals(),
            "support": counts.support,
        }
        # More digits than any of these figures has, and thousands of labels would make a file of megabytes.
        rounded = {key: column.round(_PLACES) for key, column in columns.items()}
        return {
            label: {key: column[index].tolist() for key, column in rounded.items()}
            for index, label in enumerate(self.labels)
        }


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def _evaluate_chunk(classifier: TextClassifier, rows: list[Row]) -> Evaluation:
    config = classifier.config
    truth = truth_of_rows(rows, config)  # before the work, so that a wrong corpus fails at once
    logits = classifier.score(classifier.tokenize([row.text for row in rows]))
    scores, before = (
        probabilities(logits, multi_label=config.multi_label, temperature=temperature)
        for temperature in (config.temperature, 1.0)
    )
    if config.multi_label:
        return _evaluate_sets(config, truth, scores, before)
    return _evaluate_classes(config, truth.argmax(axis=1), scores, before)


def _evaluate_classes(
    config: ModelConfig,
    truth: NDArray[np.int64],
    scores: NDArray[np.float64],
    before: NDArray[np.float64],
) -> Evaluation:
    """Of true classes (N) and scores (N x L) of a single-label model."""
    predicted = scores.argmax(axis=1)
    right = exact_matches(truth, predicted)
    best = scores.max(axis=1)
    answered = best >= config.unknown_below
    labels = len(config.labels)
    return Evaluation(
        labels=config.labels,
        multi_label=False,
        rows=len(truth),
        correct=int(right.sum()),
        counts=LabelCounts.of_classes(truth, predicted, labels),
        confusion=PairCounts.of_classes(truth, predicted, labels),
        reliability=Reliability.of(best, right),
        uncalibrated=Reliability.of(before.max(axis=1), right),
        unknown_below=config.unknown_below,
        answered=int(answered.sum()),
        answered_correct=int((answered & right).sum()),
    )


def _evaluate_sets(
    config: ModelConfig,
    truth: NDArray[np.bool_],
    scores: NDArray[np.float64],
    before: NDArray[np.float64],
) -> Evaluation:
    """Of true label sets (N x L) and scores (N x L) of a multi-label model."""
    predicted = scores >= np.array(config.thresholds)
    right = exact_matches(truth, predicted)
    return Evaluation(
        labels=config.labels,
        multi_label=True,
        rows=len(truth),
        correct=int(right.sum()),
        counts=LabelCounts.of_sets(truth, predicted),
        confusion=PairCounts.none(),
        reliability=Reliability.of(scores, truth),
        uncalibrated=Reliability.of(before, truth),
        answered=len(truth),
        answered_correct=int(right.sum()),
    )


def truth_of_rows(rows: list[Row], config: ModelConfig) -> NDArray[np.bool_]:
    """Which labels each row has (N x L).

    Raises:
        CorpusError: a label that the model does not know, or not exactly one where it gives exactly one.
    """
    index = {label: position for position, label in enumerate(config.labels)}
    truth = np.zeros((len(rows), len(config.labels)), dtype=np.bool_)
    for number, row in enumerate(rows):
        unknown = [label for label in row.labels if label not in index]
        if unknown:
            raise CorpusError(
                f"The model does not know the label {unknown[0]!r}; it knows {_some(config.labels)}.",
                file=row.file,
                line=row.line,
            )
        if not config.multi_label and len(row.labels) != 1:
            raise CorpusError(
                f"The row has {len(row.labels)} labels; the model gives exactly one to each text.",
                file=row.file,
                line=row.line,
            )
        truth[number, [index[label] for label in row.labels]] = True
    return truth


def _some(labels: tuple[str, ...]) -> str:
    more = len(labels) - _LABELS_NAMED
    named = ", ".join(repr(label) for label in labels[:_LABELS_NAMED])
    return f"{named} and {more} more" if more > 0 else named
