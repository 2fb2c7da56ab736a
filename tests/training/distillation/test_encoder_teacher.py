from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.training.distillation.conftest import LABELS
from textcnn.errors import ConfigError, InputError
from textcnn.training.data.corpus import corpus_from_rows
from textcnn.training.distillation.choose_teacher import find_teacher
from textcnn.training.distillation.encoder_teacher import EncoderTeacher, teach
from textcnn.training.distillation.teacher_scores import KeptScores
from textcnn.training.progress import Reporter

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.reading.rows import Row
    from textcnn.training.data.corpus import Corpus


def test_an_encoder_is_taught_and_teaches_in_our_order(
    rows: list[Row], encoder: Path, tmp_path: Path
) -> None:
    corpus = corpus_from_rows(rows, seed=1)
    best = teach(corpus, str(encoder), tmp_path / "t", epochs=6, learning_rate=5e-3, reporter=Reporter())
    assert best > 0.85
    teacher = find_teacher(str(tmp_path / "t"), LABELS, {})
    assert isinstance(teacher, EncoderTeacher)
    test = corpus.test[:]
    scores = teacher.scores(test["text"])
    assert np.allclose(scores.sum(axis=1), 1)
    truth = np.array([row[0] for row in test["labels"]])
    assert (scores.argmax(axis=1) == truth).mean() > 0.8
    turned = EncoderTeacher(str(tmp_path / "t"), LABELS, {"negative": "positive", "positive": "negative"})
    assert np.array_equal(turned.scores(test["text"]), scores[:, ::-1])
    KeptScores(tmp_path / "kept", teacher, LABELS).scores(test["text"], Reporter())
    KeptScores(tmp_path / "kept", find_teacher(str(tmp_path / "t"), LABELS, {}), LABELS)
    with pytest.raises(ConfigError, match="another --label"):
        KeptScores(tmp_path / "kept", turned, LABELS)
    with pytest.raises(ConfigError, match="labels are"):
        find_teacher(str(tmp_path / "t"), ("no", "yes"), {})
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"(?s)cannot be read .* or a file of scores") as refused:
        find_teacher(str(tmp_path / "empty"), LABELS, {})
    assert refused.value.field == "teacher"
    with pytest.raises(ConfigError, match=r"no directory .* or a file of scores"):
        find_teacher(str(tmp_path / "nothing"), LABELS, {})
    with pytest.raises(ConfigError, match=r"no directory .* on the hub\.$") as refused:
        teach(corpus, "./nothing", tmp_path / "u", reporter=Reporter())
    assert refused.value.field == "encoder"


def test_scores_that_are_read_otherwise_are_those_of_another_teacher(
    rows: list[Row], encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, path = corpus_from_rows(rows[:40], seed=1), tmp_path / "t"
    teach(corpus, str(encoder), path, epochs=1, reporter=Reporter())

    def identity() -> str:
        return find_teacher(str(path), LABELS, {}).identity

    before = identity()
    assert identity() == before
    with monkeypatch.context() as patched:
        patched.setattr("textcnn.training.distillation.encoder_teacher.LONGEST", 128)
        assert identity() != before
    for file, was, becomes in (
        ("tokenizer.json", '"normalizer": null', '"normalizer": {"type": "Lowercase"}'),
        ("config.json", '"0": "negative"', '"0": "Negative"'),
    ):
        text = (path / file).read_text(encoding="utf-8")
        assert was in text
        (path / file).write_text(text.replace(was, becomes), encoding="utf-8")
        assert identity() != before, file
        (path / file).write_text(text, encoding="utf-8")


def test_a_teacher_replaces_a_teacher_and_nothing_else(
    few: Corpus, encoder: Path, model_dir: Path, tmp_path: Path
) -> None:
    path = tmp_path / "t"
    teach(few, str(encoder), path, epochs=1, reporter=Reporter())
    before = find_teacher(str(path), LABELS, {}).identity
    with pytest.raises(InputError, match=r"holds a teacher.*--replace"):
        teach(few, str(encoder), path, epochs=1, reporter=Reporter())
    teach(few, str(encoder), path, epochs=1, seed=1, replace=True, reporter=Reporter())
    assert find_teacher(str(path), LABELS, {}).identity != before
    shutil.copytree(model_dir, tmp_path / "model")
    shutil.copytree(encoder, tmp_path / "encoder")
    for other in ("model", "encoder"):
        with pytest.raises(InputError, match="no teacher directory"):
            teach(few, str(encoder), tmp_path / other, replace=True, reporter=Reporter())
