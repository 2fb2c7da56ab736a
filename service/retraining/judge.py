"""Judge versions on labelled rows, in the shape that the gate compares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from textcnn.evaluation.metrics import Reliability
from textcnn.prediction import probabilities
from textcnn.service.retraining.gate import Decision, GatePart, Judged, decide

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from textcnn.classifier import TextClassifier
    from textcnn.reading.rows import Row
    from textcnn.service.retraining.retrain_request import Policy

CHUNK: Final = 4096
"""Texts that are scored at once."""


def compare(
    parts: Mapping[str, Sequence[Row]],
    new: TextClassifier,
    old: TextClassifier | None,
    *,
    old_version: str | None = None,
    policy: Policy = "if-better",
) -> Decision:
    """The gate's decision on a new classifier, by rows that neither was trained on."""
    true_labels = {label for rows in parts.values() for row in rows for label in row.labels}
    labels = sorted({*true_labels, *new.labels, *(old.labels if old else ())})
    gate_parts = []
    for name, rows in parts.items():
        truth = _matrix([row.labels for row in rows], labels)
        texts = [row.text for row in rows]
        gate_parts.append(
            GatePart(
                name,
                truth,
                judge(new, texts, truth, labels),
                None if old is None else judge(old, texts, truth, labels),
            )
        )
    return decide(labels, gate_parts, policy=policy, old=old_version)


def judge(
    classifier: TextClassifier, texts: Sequence[str], truth: NDArray[np.bool_], labels: Sequence[str]
) -> Judged:
    """Judge a classifier on N texts whose truth (N x L) is known."""
    config = classifier.config
    scores = np.concatenate(
        [np.zeros((0, len(config.labels)))]
        + [
            probabilities(
                classifier.score(classifier.tokenize(texts[start : start + CHUNK])),
                multi_label=config.multi_label,
                temperature=config.temperature,
            )
            for start in range(0, len(texts), CHUNK)
        ]
    )
    columns = np.array([labels.index(label) for label in config.labels])
    given = np.zeros_like(truth)
    if config.multi_label:
        given[:, columns] = scores >= np.array(config.thresholds)
        reliability = Reliability.of(scores, truth[:, columns])
    else:
        best, rows = columns[scores.argmax(axis=1)], np.arange(len(texts))
        given[rows, best] = True
        reliability = Reliability.of(scores.max(axis=1), truth[rows, best])
    known = np.zeros(len(labels), dtype=np.bool_)
    known[columns] = True
    return Judged(given, reliability, known)


def _matrix(rows: Sequence[Sequence[str]], labels: Sequence[str]) -> NDArray[np.bool_]:
    """The labels of each row as a matrix (N x L)."""
    index = {label: number for number, label in enumerate(labels)}
    matrix = np.zeros((len(rows), len(labels)), dtype=np.bool_)
    for number, row in enumerate(rows):
        matrix[number, [index[label] for label in row]] = True
    return matrix
