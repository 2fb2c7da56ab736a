from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.training.distillation.conftest import LABELS
from textcnn.errors import ConfigError
from textcnn.recipe import Recipe
from textcnn.tokens.normalise import normalise
from textcnn.training.data.corpus import corpus_from_rows
from textcnn.training.distillation.choose_teacher import find_teacher
from textcnn.training.distillation.distill import distill
from textcnn.training.distillation.encoder_teacher import teach
from textcnn.training.distillation.taught_texts import SEEN, require_unseen
from textcnn.training.progress import Reporter

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.reading.rows import Row


def test_a_teacher_that_was_taught_on_test_texts_is_refused(
    rows: list[Row], encoder: Path, tmp_path: Path
) -> None:
    one, other = corpus_from_rows(rows[:100], seed=1), corpus_from_rows(rows[:100], seed=2)
    teach(one, str(encoder), tmp_path / "t", epochs=1, reporter=Reporter())
    teacher = find_teacher(str(tmp_path / "t"), LABELS, {})
    require_unseen(one, teacher)
    taught = {normalise(text) for part in (one.train, one.validation) for text in part[:]["text"]}
    leaked = sum(normalise(text) in taught for text in other.test[:]["text"])
    with pytest.raises(ConfigError, match=f"^{leaked} of the {len(other.test)} test texts.*same seed"):
        distill(other, [], teacher, Recipe(), tmp_path / "out")
    teach(other, str(tmp_path / "t"), tmp_path / "u", epochs=1, reporter=Reporter())
    with pytest.raises(
        ConfigError, match="test texts"
    ):  # its own are unseen by this teaching, not by that before
        require_unseen(other, find_teacher(str(tmp_path / "u"), LABELS, {}))
    (tmp_path / "t" / SEEN).write_text("{", encoding="utf-8")
    with pytest.raises(ConfigError, match="damaged"):
        find_teacher(str(tmp_path / "t"), LABELS, {})
