from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.training.distillation.conftest import LABELS, Knowing
from textcnn.errors import ConfigError
from textcnn.training.distillation.teacher_scores import KeptScores
from textcnn.training.progress import Reporter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


def test_scores_survive_a_kill_and_another_teacher_is_refused(tmp_path: Path) -> None:
    class Killed(Knowing):
        def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
            if self.asked:
                raise KeyboardInterrupt
            return super().scores(texts)

    texts = [f"good {number}" for number in range(3000)]
    with pytest.raises(KeyboardInterrupt):
        KeptScores(tmp_path, Killed(), LABELS).scores(texts, Reporter())
    teacher = Knowing()
    scores = KeptScores(tmp_path, teacher, LABELS).scores(texts, Reporter())
    assert 0 < teacher.asked < 3000
    assert scores == pytest.approx(Knowing().scores(texts), abs=1e-6)
    other = Knowing()
    other.identity = "2"
    with pytest.raises(ConfigError, match="another teacher"):
        KeptScores(tmp_path, other, LABELS)
