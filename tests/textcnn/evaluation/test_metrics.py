from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textcnn.evaluation.metrics import (
    LabelCounts,
    Reliability,
    accuracy,
    macro_f1,
    wilson_interval,
    wilson_intervals,
)

LABELS = 4
classes = st.lists(st.tuples(st.integers(0, LABELS - 1), st.integers(0, LABELS - 1)), min_size=1, max_size=60)
sets = st.lists(
    st.tuples(
        st.lists(st.booleans(), min_size=3, max_size=3), st.lists(st.booleans(), min_size=3, max_size=3)
    ),
    min_size=1,
    max_size=30,
)


def naive_f1(truth: list[bool], predicted: list[bool]) -> float | None:
    """By the definition, for one label; None where the label is neither true nor given."""
    pairs = list(zip(truth, predicted, strict=True))
    hits = sum(true and given for true, given in pairs)
    if not any(truth) and not any(predicted):
        return None
    precision = hits / sum(predicted) if any(predicted) else 0
    recall = hits / sum(truth) if any(truth) else 0
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


@given(classes)
def test_single_label_figures_are_those_of_their_definitions(pairs: list[tuple[int, int]]) -> None:
    truth, predicted = (np.array(column) for column in zip(*pairs, strict=True))
    per_label = [
        naive_f1([true == label for true, _ in pairs], [given == label for _, given in pairs])
        for label in range(LABELS)
    ]
    occurring = [value for value in per_label if value is not None]
    counts = LabelCounts.of_classes(truth, predicted, LABELS)
    assert counts.f1 == pytest.approx([value or 0 for value in per_label])
    assert counts.macro_f1 == pytest.approx(sum(occurring) / len(occurring))
    assert macro_f1(truth, predicted) == pytest.approx(counts.macro_f1)
    share = sum(true == given for true, given in pairs) / len(pairs)
    assert accuracy(truth, predicted) == pytest.approx(share)
    assert counts.micro_f1 == pytest.approx(share)


@given(sets)
def test_multi_label_figures_are_those_of_their_definitions(
    pairs: list[tuple[list[bool], list[bool]]],
) -> None:
    truth, predicted = np.array([true for true, _ in pairs]), np.array([given for _, given in pairs])
    per_label = [naive_f1(truth[:, label].tolist(), predicted[:, label].tolist()) for label in range(3)]
    occurring = [value for value in per_label if value is not None]
    counts = LabelCounts.of_sets(truth, predicted)
    assert counts.macro_f1 == pytest.approx(sum(occurring) / len(occurring) if occurring else 0)
    assert macro_f1(truth, predicted.astype(np.int64)) == pytest.approx(counts.macro_f1)
    assert counts.micro_f1 == pytest.approx(naive_f1(truth.ravel().tolist(), predicted.ravel().tolist()) or 0)
    assert accuracy(truth, predicted) == pytest.approx(
        sum(true == given for true, given in pairs) / len(pairs)
    )


@given(classes, st.integers(0, 60))
def test_counts_of_parts_add_up_to_those_of_the_whole(pairs: list[tuple[int, int]], cut: int) -> None:
    truth, predicted = (np.array(column) for column in zip(*pairs, strict=True))
    parts = LabelCounts.of_classes(truth[:cut], predicted[:cut], LABELS) + LabelCounts.of_classes(
        truth[cut:], predicted[cut:], LABELS
    )
    whole = LabelCounts.of_classes(truth, predicted, LABELS)
    assert parts.f1.tolist() == whole.f1.tolist()
    assert parts.support.tolist() == whole.support.tolist()


@given(st.integers(0, 200), st.integers(0, 200))
def test_wilson_intervals_hold_the_share_and_solve_the_score_equation(successes: int, failures: int) -> None:
    trials = successes + failures
    low, high = wilson_interval(successes, trials)
    if not trials:
        assert (low, high) == (0, 1)
        return
    share = successes / trials
    assert 0 <= low <= share <= high <= 1
    for bound in (
        low,
        high,
    ):  # |share - bound| is z standard deviations of the bound, unless the bound is 0 or 1
        deviation = 1.959963984540054 * (bound * (1 - bound) / trials) ** 0.5
        assert abs(share - bound) == pytest.approx(deviation, abs=1e-7)


def test_wilson_intervals_are_those_of_the_literature() -> None:
    # Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    found = wilson_intervals(np.array([81, 15, 0, 1]), np.array([263, 148, 20, 29]))
    expected = [[0.2553, 0.3662], [0.0624, 0.1605], [0.0, 0.1611], [0.0061, 0.1718]]
    assert found == pytest.approx(np.array(expected), abs=5e-5)


def test_f1_intervals_are_close_to_a_plain_bootstrap_of_many_rows() -> None:
    random = np.random.default_rng(1)
    truth = random.integers(0, 2, 2000)
    predicted = np.where(random.random(2000) < 0.8, truth, 1 - truth)
    scores = []
    for _ in range(400):
        drawn = random.integers(0, 2000, 2000)
        scores.append(LabelCounts.of_classes(truth[drawn], predicted[drawn], 2).f1)
    counts = LabelCounts.of_classes(truth, predicted, 2)
    expected = np.quantile(scores, [0.025, 0.975], axis=0).T
    assert counts.f1_intervals() == pytest.approx(expected, abs=0.01)
    assert (counts.f1_intervals() == counts.f1_intervals()).all()


def test_f1_of_a_few_right_rows_does_not_claim_certainty() -> None:
    low, high = LabelCounts.of_classes(np.zeros(3, int), np.zeros(3, int), 1).f1_intervals()[0]
    assert low < 0.8
    assert high == 1


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=80), st.integers(0, 80))
def test_calibration_error_is_that_of_its_definition(pairs: list[tuple[float, bool]], cut: int) -> None:
    bins = 15
    expected = 0.0
    for index in range(bins):
        low, high = index / bins, (index + 1) / bins
        inside = [(s, r) for s, r in pairs if low < s <= high or (index == 0 and s == 0)]
        if inside:
            mean_score = sum(score for score, _ in inside) / len(inside)
            mean_right = sum(right for _, right in inside) / len(inside)
            expected += len(inside) / len(pairs) * abs(mean_score - mean_right)
    scores, right = np.array([score for score, _ in pairs]), np.array([right for _, right in pairs])
    assert Reliability.of(scores, right).ece == pytest.approx(expected, abs=1e-9)
    parts = Reliability.of(scores[:cut], right[:cut]) + Reliability.of(scores[cut:], right[cut:])
    assert parts.ece == pytest.approx(expected, abs=1e-9)


def test_nothing_at_all_gives_figures_and_no_warning() -> None:
    empty = np.zeros(0, dtype=np.int64)
    counts = LabelCounts.of_classes(empty, empty, 2)
    assert accuracy(empty, empty) == macro_f1(empty, empty) == counts.macro_f1 == counts.micro_f1 == 0
    assert counts.precision.tolist() == counts.recall.tolist() == [0, 0]
    assert counts.precision_intervals().tolist() == [[0, 1], [0, 1]]
    assert Reliability.of(np.zeros(0), empty.astype(bool)).ece == 0
    assert all(part["score"] is None for part in Reliability.of(np.zeros(0), empty.astype(bool)).to_list())
