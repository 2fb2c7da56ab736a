from __future__ import annotations

import numpy as np
import pytest

from textcnn.engine import numpy_kernels
from textcnn.engine.compiled import probabilities

LOGITS = np.array([[0, 0, 0], [1e4, -1e4, 0], [-3e38, 3e38, 1], [0.1, 0.2, -0.3]], dtype=np.float32)


def filled(name: str, where: object, logits: np.ndarray, temperature: float) -> np.ndarray:
    """The probabilities that a function of one of the two implementations gives."""
    result = np.empty(logits.shape, dtype=np.float64)
    getattr(where, name)(logits, temperature, result)
    return result


@pytest.mark.parametrize("temperature", [0.05, 1.0, 20.0])
@pytest.mark.parametrize("name", ["softmax", "sigmoid"])
def test_compiled_loops_give_what_numpy_gives_and_no_row_looks_at_another(
    name: str, temperature: float
) -> None:
    together = filled(name, probabilities, LOGITS, temperature)
    np.testing.assert_allclose(together, filled(name, numpy_kernels, LOGITS, temperature), rtol=1e-12)
    alone = [filled(name, probabilities, LOGITS[row : row + 1], temperature)[0] for row in range(len(LOGITS))]
    np.testing.assert_array_equal(together, alone)


def test_the_largest_logits_overflow_nothing() -> None:
    shares = filled("softmax", probabilities, LOGITS, 0.05)
    assert np.isfinite(shares).all()
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-12)
