"""Distillation on MR: `python -m benchmarks distillation`, folds 0 to 2 of ten.

For each fold an encoder is fine-tuned on the training part, scores it and 100,000 sentences of IMDb, and
teaches a student. Test rows are among neither: `textcnn.training.data.targets.new_texts` sees to it. The
encoder's directory is named by TEXTCNN_ENCODER, all-MiniLM-L6-v2 in the committed figures. Folds that are in
the results already are not computed again. An interrupted one goes on with what `build/distillation` has of
it: the teacher, its scores, the student's last epoch.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.corpora import find_corpora
from benchmarks.machine import read_results, write_results
from benchmarks.sentences import sentences
from textcnn.reading.rows import read_rows

if TYPE_CHECKING:
    from textcnn.reading.rows import Row

FOLDS = (0, 1, 2)
OF = 10
SEED = 10
"""Of the folds too: they are those of the first seed of `benchmarks.accuracy`."""
UNLABELLED = 100_000
KEPT = Path(__file__).parents[1] / "build/distillation"
"""Where a fold's teacher, its scores and its student stay until its figures are written."""


def main(wanted: tuple[int, ...] = FOLDS) -> None:
    """Compute and keep the figures of each fold that is not known yet."""
    corpora, encoder = find_corpora("distillation"), os.environ.get("TEXTCNN_ENCODER")
    if corpora is None:
        return
    if not encoder:
        print("distillation: say where the encoder is with TEXTCNN_ENCODER")
        return
    from textcnn.training.data.corpus import folds

    parts = list(folds(list(read_rows(corpora / "mr/all.csv")), OF, SEED))
    setting = {"encoder": Path(encoder).name, "unlabelled": UNLABELLED}
    for number in wanted:
        if str(number) in _known(setting):
            continue
        kept = KEPT / Path(encoder).name / str(number)
        figures = _distil(*parts[number], encoder, kept)
        known = _known(setting) | {str(number): figures}  # another process may have computed some meanwhile
        write_results("distillation", {**setting, "folds": dict(sorted(known.items()))})
        shutil.rmtree(kept)
        print(f"distillation: fold {number}: {figures}", flush=True)


def _known(setting: dict[str, Any]) -> dict[str, Any]:
    """The folds that were computed in this setting."""
    found = read_results("distillation")
    folds: dict[str, Any] = found.get("folds", {})
    return folds if setting.items() <= found.items() else {}


def _distil(train: list[Row], test: list[Row], encoder: str, kept: Path) -> dict[str, Any]:
    """Accuracy of teacher, student and student without a teacher on the fold's test rows."""
    from textcnn.recipe import Recipe
    from textcnn.training.data.corpus import corpus_from_rows
    from textcnn.training.distillation.choose_teacher import find_teacher
    from textcnn.training.distillation.distill import distill
    from textcnn.training.distillation.encoder_teacher import teach
    from textcnn.training.progress import make_reporter

    recipe = Recipe(seed=SEED)
    corpus = corpus_from_rows(train, test=test, seed=SEED, validation_share=recipe.validation_share)
    unlabelled = sentences(UNLABELLED)
    teacher = kept / "teacher"
    with make_reporter("json", sys.stderr) as reporter:
        if not teacher.exists():
            teach(corpus, encoder, teacher, seed=SEED, reporter=reporter)
        found = find_teacher(str(teacher), corpus.labels, {})
        model = distill(
            corpus, unlabelled, found, recipe, kept / "student", resume=True, replace=True, reporter=reporter
        )
    if model is None:
        raise RuntimeError("it runs in one process, which leads")
    facts = model.training()["distillation"]
    return {
        "rows": len(test),
        "unlabelled": facts["unlabelled"],
        **{name: round(each["accuracy"], 4) for name, each in facts["figures"].items()},
    }


if __name__ == "__main__":
    main(tuple(int(number) for number in sys.argv[1:]) or FOLDS)
