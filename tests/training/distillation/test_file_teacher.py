from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.training.distillation.conftest import LABELS, write_csv
from textcnn.errors import ConfigError, CorpusError
from textcnn.training.distillation.choose_teacher import find_teacher
from textcnn.training.distillation.file_teacher import FileTeacher

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_of_scores_teaches(tmp_path: Path) -> None:
    file = write_csv(
        tmp_path / "scores.csv",
        [("text", "score_POS", "score_NEG"), ("Good film!", 3, 1), ("dull", 0.1, 0.9)],
    )
    teacher = find_teacher(str(file), LABELS, {"POS": "positive", "NEG": "negative"})
    assert isinstance(teacher, FileTeacher)
    scores = teacher.scores(["good film", "never seen", "dull"])
    assert scores[0] == pytest.approx([0.25, 0.75])
    assert np.isnan(scores[1]).all()
    assert scores[2] == pytest.approx([0.9, 0.1])
    with pytest.raises(ConfigError, match="--label THEIRS=OURS"):
        find_teacher(str(file), LABELS, {})
    again = write_csv(
        tmp_path / "again.csv",
        [("text", "Negative", "POSITIVE"), ("a text", 1, 0), ("A text.", 1, 1), ("another", 0, 2)],
    )
    scores = find_teacher(str(again), LABELS, {}).scores(["a text", "another"])
    assert scores == pytest.approx(np.array([[0.75, 0.25], [0, 1]]))  # the mean of both, then the only one
    for columns in (("text", "stars"), ("text", "positive")):
        lacking = write_csv(tmp_path / "lacking.csv", [columns, ("a text", 1), ("another", 2)])
        expected = f"found the columns {', '.join(columns)};.* score_negative, score_positive.*--label"
        with pytest.raises(CorpusError, match=expected):
            find_teacher(str(lacking), LABELS, {})
    for wrong in ("nan", "-1", "", "x"):
        bad = write_csv(tmp_path / "bad.csv", [("text", "positive", "negative"), ("a text", wrong, 1)])
        with pytest.raises(CorpusError, match=r"bad\.csv:2.*probability"):
            find_teacher(str(bad), LABELS, {})
