from __future__ import annotations

import numpy as np
import pytest

from textcnn.prediction import probabilities
from textcnn.training.calibration import fit_temperature, fit_thresholds


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


def test_no_other_threshold_has_a_better_f1() -> None:
    random = np.random.default_rng(2)
    logits = random.normal(size=(300, 2)).astype(np.float32)
    truth = (logits + random.normal(size=logits.shape) > 0.7).astype(np.int64)
    scores = probabilities(logits, multi_label=True, temperature=1.3)

    def f1(label: int, threshold: float) -> float:
        given = scores[:, label] >= threshold
        return float(2 * (given & (truth[:, label] == 1)).sum() / (given.sum() + truth[:, label].sum()))

    for label, threshold in enumerate(fit_thresholds(logits, truth, 1.3)):
        assert f1(label, threshold) >= max(f1(label, other) for other in scores[:, label]) - 1e-12


def test_a_label_that_no_validation_row_has_keeps_the_even_threshold() -> None:
    assert fit_thresholds(np.zeros((3, 1), np.float32), np.zeros((3, 1), np.int64), 1.0) == (0.5,)
