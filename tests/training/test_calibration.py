from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from textcnn.prediction import probabilities
from textcnn.training.calibration import fit_temperature, fit_thresholds, own_thresholds

if TYPE_CHECKING:
    from numpy.typing import NDArray


def test_the_temperature_by_which_logits_were_sharpened_is_found_again() -> None:
    random = np.random.default_rng(0)
    honest = random.normal(0, 1.5, (20_000, 3)).astype(np.float32)
    scores = probabilities(honest, multi_label=False, temperature=1)
    truth = np.array([random.choice(3, p=row) for row in scores])
    assert fit_temperature(honest * 3, truth, multi_label=False) == pytest.approx(3, rel=0.05)
    assert fit_temperature(honest, truth, multi_label=False) == pytest.approx(1, rel=0.05)


def test_multi_label_temperature_is_found_too() -> None:
    random = np.random.default_rng(1)
    honest = random.normal(0, 1.5, (20_000, 2)).astype(np.float32)
    truth = (random.random(honest.shape) < 1 / (1 + np.exp(-honest))).astype(np.int64)
    assert fit_temperature(honest * 2, truth, multi_label=True) == pytest.approx(2, rel=0.05)


@pytest.mark.parametrize("multi_label", [False, True])
def test_a_few_rows_that_are_all_right_do_not_make_scores_certain(multi_label: bool) -> None:
    logits = np.array([[5, -5], [-5, 5]] * 4, np.float32)
    truth = np.eye(2, dtype=np.int64)[[0, 1] * 4] if multi_label else np.array([0, 1] * 4)
    temperature = fit_temperature(logits, truth, multi_label=multi_label)
    assert 0.9 < probabilities(logits, multi_label=multi_label, temperature=temperature).max() < 0.98


def test_many_labels_do_not_outweigh_the_rows() -> None:
    random = np.random.default_rng(2)
    honest = random.normal(0, 2, (300, 150)).astype(np.float32)
    truth = np.array(
        [random.choice(150, p=row) for row in probabilities(honest, multi_label=False, temperature=1)]
    )
    assert fit_temperature(honest, truth, multi_label=False) == pytest.approx(1, rel=0.1)


def test_no_other_threshold_of_its_own_has_a_better_f1() -> None:
    logits, truth = two_labels(300)
    scores = probabilities(logits, multi_label=True, temperature=1.3)
    for label, threshold in enumerate(own_thresholds(scores, truth)):
        column = scores[:, label], truth[:, label]
        assert f1(*column, threshold) >= max(f1(*column, other) for other in column[0]) - 1e-12


def test_many_rows_decide_a_threshold_themselves() -> None:
    logits, truth = two_labels(20_000)
    truth[:, 1] = logits[:, 1] > 1.5  # it wants another threshold than all together
    own = own_thresholds(probabilities(logits, multi_label=True, temperature=1.0), truth)
    assert fit_thresholds(logits, truth, 1.0) == pytest.approx(own, abs=0.01)


@pytest.mark.parametrize("low", [-3.0, -6.0, -9.0])
def test_one_row_decides_no_threshold(low: float) -> None:
    """A rare label's only row has a score below nearly all others': its threshold would give it to them."""
    logits, truth = two_labels(300)
    rare = np.full((300, 1), low, np.float32) + np.linspace(0, 1, 300, dtype=np.float32)[:, None]
    has_it = np.zeros((300, 1), np.int64)
    has_it[7] = 1
    thresholds = fit_thresholds(np.hstack([logits, rare]), np.hstack([truth, has_it]), 1.0)
    assert min(thresholds[:2]) - 0.05 < thresholds[2] < max(thresholds[:2]) + 0.05
    scores = probabilities(rare, multi_label=True, temperature=1.0)
    assert (scores >= own_thresholds(scores, has_it)).sum() > 100
    assert not (scores >= thresholds[2]).any()


def test_few_rows_draw_a_threshold_less_than_many() -> None:
    logits, truth = two_labels(2_000)
    truth[:, 1] = 0
    common, own = 0.0, 0.0
    distances = []
    for count in (2, 8, 40):
        few = truth.copy()
        few[np.argsort(-logits[:, 1])[:count], 1] = 1
        scores = probabilities(logits, multi_label=True, temperature=1.0)
        common, own = fit_thresholds(logits, few, 1.0, common_rows=1e9)[1], own_thresholds(scores, few)[1]
        distances.append((fit_thresholds(logits, few, 1.0)[1] - common) / (own - common))
    assert distances == sorted(distances)
    assert distances[0] < 0.2
    assert distances[2] > 0.5


def test_labels_that_no_validation_row_has_get_the_common_threshold() -> None:
    assert fit_thresholds(np.zeros((3, 1), np.float32), np.zeros((3, 1), np.int64), 1.0) == (0.5,)
    logits, truth = two_labels(300)
    truth[:, 1] = 0
    thresholds = fit_thresholds(logits, truth, 1.0)
    assert thresholds[1] == pytest.approx(fit_thresholds(logits, truth, 1.0, common_rows=1e9)[0], abs=1e-6)


def two_labels(rows: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    random = np.random.default_rng(2)
    logits = random.normal(size=(rows, 2)).astype(np.float32)
    return logits, (logits + random.normal(size=logits.shape) > 0.7).astype(np.int64)


def f1(scores: NDArray[np.float64], truth: NDArray[np.int64], threshold: float) -> float:
    given = scores >= threshold
    return float(2 * (given & (truth == 1)).sum() / (given.sum() + truth.sum()))
