from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textcnn.evaluation.metrics import LabelCounts
from textcnn.training.baselines.given_labels import GivenLabels, Marks

label_sets = st.sets(st.integers(0, 3))


@given(st.lists(st.tuples(label_sets, label_sets), min_size=1, max_size=40))
def test_marks_give_the_micro_f1_of_all_decisions(pairs: list[tuple[set[int], set[int]]]) -> None:
    truth, given_labels = ([sorted(labels) for labels in column] for column in zip(*pairs, strict=True))
    marks = GivenLabels.of_lists(given_labels).marks(GivenLabels.of_lists(truth), len(pairs))
    sets = (
        np.array([[label in row for label in range(4)] for row in rows]) for rows in (truth, given_labels)
    )
    assert marks.micro_f1 == pytest.approx(LabelCounts.of_sets(*sets).micro_f1)


def test_the_standard_error_of_a_difference_is_that_of_redrawn_rows() -> None:
    random = np.random.default_rng(0)
    truth = [[int(label)] for label in random.integers(0, 4, 300)]
    one, other = ([[row[0] if random.random() < share else 0] for row in truth] for share in (0.9, 0.7))
    right = GivenLabels.of_lists(truth)
    ours, theirs = (GivenLabels.of_lists(answers).marks(right, 300) for answers in (one, other))
    difference, error = ours.above(theirs)
    redrawn = [
        Marks(ours.hits[rows], ours.sizes[rows]).micro_f1
        - Marks(theirs.hits[rows], theirs.sizes[rows]).micro_f1
        for rows in random.integers(0, 300, (2_000, 300))
    ]
    assert difference == pytest.approx(ours.micro_f1 - theirs.micro_f1)
    assert error == pytest.approx(np.std(redrawn), rel=0.1)
