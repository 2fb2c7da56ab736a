from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.training.distillation.conftest import LABELS, Knowing, write_csv
from textcnn.errors import ConfigError
from textcnn.recipe import Recipe
from textcnn.training.data.corpus import corpus_from_rows
from textcnn.training.data.targets import new_texts
from textcnn.training.defaults import settle
from textcnn.training.distillation.choose_teacher import find_teacher
from textcnn.training.distillation.distill import distill
from textcnn.training.distillation.encoder_teacher import teach
from textcnn.training.progress import Reporter

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.reading.rows import Row
    from textcnn.training.data.corpus import Corpus


class Notes(Reporter):
    """Keeps what a run tells."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def note(self, sentence: str) -> None:
        self.told.append(sentence)


def test_the_student_of_a_good_teacher_is_better_than_without(
    few: Corpus, rows: list[Row], recipe: Recipe, tmp_path: Path
) -> None:
    teacher, out = Knowing(), tmp_path / "student"
    unlabelled = [row.text for row in rows]  # test rows among them
    model = distill(few, unlabelled, teacher, recipe, out)
    assert model is not None
    facts = model.training()["distillation"]
    assert facts["unlabelled"] == len(new_texts(unlabelled, few)[0]) < 200
    figures = facts["figures"]
    assert figures["teacher"]["accuracy"] == 1
    assert figures["student"]["accuracy"] > figures["without"]["accuracy"] + 0.05
    assert figures["student"]["accuracy"] == model.metrics()["accuracy"]
    assert "student without distillation" in (out / "report.html").read_text(encoding="utf-8")

    asked = teacher.asked
    distill(few, unlabelled, teacher, recipe, out, replace=True)
    assert teacher.asked == asked  # all of it was on disk


def test_what_is_left_out_and_the_comparison_are_told_of(
    few: Corpus, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "textcnn.training.distillation.distill.train", lambda *_, **__: None
    )  # the student is of no interest here
    unlabelled = ["a good one", "A good one!", "not scored", "", few.test[0]["text"]]
    file = write_csv(
        tmp_path / "scores.csv",
        [("text", *LABELS), ("a good one", 0, 1), *((text, 1, 1) for text in few.train[:]["text"])],
    )

    def told() -> list[str]:
        reporter, teacher = Notes(), find_teacher(str(file), LABELS, {})
        distill(few, unlabelled, teacher, recipe, tmp_path / "student", reporter=reporter)
        return reporter.told

    first = told()
    left_out = "(4 left out: 1 repeated, 1 empty, 1 in the corpus, 1 without scores)"
    assert first[0].endswith(f"labelled texts and 1 unlabelled ones {left_out}")
    assert first[1] == "training without the teacher first, to compare"
    assert told() == first[:1]  # the figures are on disk
    monkeypatch.setattr(
        "textcnn.training.train.settle", lambda *given: settle(*given).model_copy(update={"dropout": 0.1})
    )
    assert told() == first  # other defaults, other figures
    assert told() == first[:1]
    monkeypatch.setattr("textcnn.training.distillation.distill.version", lambda _: "0.0.0")
    assert told() == first


def test_several_labels_a_text_are_refused(multi_label_rows: list[Row], tmp_path: Path) -> None:
    corpus = corpus_from_rows(multi_label_rows)
    with pytest.raises(ConfigError, match="multi-label"):
        distill(corpus, [], Knowing(), Recipe(), tmp_path / "out")
    with pytest.raises(ConfigError, match="multi-label"):
        teach(corpus, "x", tmp_path / "out", reporter=Reporter())
