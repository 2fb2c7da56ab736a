"""A confusion holds the pairs that occur, and is read from the matrix of earlier releases."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from textcnn.confusion import MOST_PAIRS, PairCounts, matrix_of_pairs, mistaken_pairs
from textcnn.directory import METRICS, ModelDirectory, write_json, write_manifest
from textcnn.evaluation.evaluation import Evaluation
from textcnn.evaluation.metrics import LabelCounts, Reliability

if TYPE_CHECKING:
    from pathlib import Path

LABELS = 4
classes = st.lists(st.tuples(st.integers(0, LABELS - 1), st.integers(0, LABELS - 1)), min_size=1, max_size=60)


@given(classes, st.integers(0, 60))
def test_every_pair_is_counted_whole_and_in_parts(pairs: list[tuple[int, int]], cut: int) -> None:
    truth, predicted = (np.array(column) for column in zip(*pairs, strict=True))
    whole = PairCounts.of_classes(truth, predicted, LABELS)
    parts = PairCounts.of_classes(truth[:cut], predicted[:cut], LABELS) + PairCounts.of_classes(
        truth[cut:], predicted[cut:], LABELS
    )
    for confusion in (whole, parts, whole + PairCounts.none()):
        matrix = confusion.matrix(LABELS)
        assert all(
            matrix[true, other] == pairs.count((true, other))
            for true in range(LABELS)
            for other in range(LABELS)
        )
    written = json.loads(json.dumps(whole.to_dict("abcd")))
    assert matrix_of_pairs(written) == whole.matrix(LABELS).tolist()
    assert written["texts"] == sorted(written["texts"], reverse=True)


def test_the_commonest_mistakes_come_first() -> None:
    confusion = PairCounts.of_classes(np.array([0, 0, 1, 1, 2]), np.array([1, 1, 0, 1, 2]), 3).to_dict("abc")
    assert mistaken_pairs(confusion, 9) == [("a", "b", 2), ("b", "a", 1)]
    assert mistaken_pairs(confusion, 1) == [("a", "b", 2)]


def test_figures_of_three_thousand_labels_stay_under_a_megabyte(tmp_path: Path) -> None:
    random, labels = np.random.default_rng(0), 3_000
    truth, predicted = random.integers(0, labels, (2, 30_000))
    scores = random.random(30_000)
    evaluation = Evaluation(
        labels=tuple(f"category {number}" for number in range(labels)),
        multi_label=False,
        rows=30_000,
        correct=int((truth == predicted).sum()),
        counts=LabelCounts.of_classes(truth, predicted, labels),
        confusion=PairCounts.of_classes(truth, predicted, labels),
        reliability=Reliability.of(scores, truth == predicted),
        uncalibrated=Reliability.of(scores, truth == predicted),
    )
    write_json(tmp_path / METRICS, evaluation.to_dict())
    assert (tmp_path / METRICS).stat().st_size < 1_000_000
    confusion = json.loads((tmp_path / METRICS).read_bytes())["confusion"]
    assert len(confusion["texts"]) == MOST_PAIRS
    assert sum(confusion["texts"]) + confusion["texts_left_out"] == 30_000


def test_the_matrix_of_earlier_releases_is_read(model_dir: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(model_dir, tmp_path / "copy")
    earlier = {"labels": ["a", "b"], "matrix": [[3, 0], [1, 3]]}
    write_json(copy / METRICS, {"rows": 7, "confusion": earlier})
    write_manifest(copy)
    metrics = ModelDirectory(copy).metrics()
    assert metrics["rows"] == 7
    assert mistaken_pairs(metrics["confusion"], 9) == [("b", "a", 1)]
    assert matrix_of_pairs(metrics["confusion"]) == [[3, 0], [1, 3]]
