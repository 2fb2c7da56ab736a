"""From a teacher and a corpus to a student: distillation, read from top to bottom in `distill`."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from textcnn.directory import write_json
from textcnn.errors import ConfigError
from textcnn.evaluation.metrics import accuracy, macro_f1
from textcnn.new_directory import require_free
from textcnn.training.data.targets import make_soft_targets, new_texts
from textcnn.training.device import find_device, require_one_process
from textcnn.training.distillation.taught_texts import require_unseen
from textcnn.training.distillation.teacher_scores import KeptScores
from textcnn.training.fitting.objective import target_array
from textcnn.training.progress import Reporter
from textcnn.training.train import evaluate_classifier, fit_corpus, prepare, train

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from textcnn.directory import ModelDirectory
    from textcnn.recipe import Recipe
    from textcnn.training.data.corpus import Corpus
    from textcnn.training.device import Device
    from textcnn.training.distillation.teacher import Teacher

MEASURES = ("accuracy", "macro_f1")
_WITHOUT = "without.json"


def distill(
    corpus: Corpus,
    unlabelled: Iterable[str],
    teacher: Teacher,
    recipe: Recipe,
    out: Path,
    *,
    hard: float = 0.3,
    temperature: float = 1.0,
    resume: bool = False,
    replace: bool = False,
    reporter: Reporter | None = None,
    source: str = "",
) -> ModelDirectory | None:
    """Train a student on a corpus and on unlabelled texts as a teacher scores them; write it to `out`.

    Unlabelled texts that are in any part of the corpus are left out. A slow teacher's scores and the figures
    of a model without distillation stay in `OUT.scores/`; a second run finds them there.

    Raises:
        ConfigError: the corpus is multi-label, the teacher was taught on its test texts or knows none of the
            texts, or several processes run.
        InputError: `out` is taken, or holds an interrupted run and `resume` is not said.
    """
    reporter = reporter or Reporter()
    if corpus.multi_label:
        raise ConfigError("Distillation is for one label a text, and the corpus is multi-label.")
    require_one_process("Distillation")
    require_free(out, replace=replace)
    require_unseen(corpus, teacher)
    scores_directory = out.absolute().with_name(f"{out.absolute().name}.scores")
    cache = KeptScores(scores_directory, teacher, corpus.labels) if teacher.slow else None

    def scored(texts: Sequence[str]) -> NDArray[np.float64]:
        return cache.scores(texts, reporter) if cache else teacher.scores(texts)

    extra, left_out = new_texts(unlabelled, corpus)
    scores = scored([*corpus.train[:]["text"], *extra])
    if np.isnan(scores).all():
        raise ConfigError(f"The teacher {teacher.name} has scores for none of the texts.", field="teacher")
    soft_targets = make_soft_targets(corpus, extra, scores, hard=hard, temperature=temperature)
    unlabelled_learnt = len(soft_targets) - len(corpus.train)
    left_out["without scores"] = len(extra) - unlabelled_learnt
    reporter.note(
        f"learning from {teacher.name}: {len(corpus.train):,} labelled texts and "
        f"{unlabelled_learnt:,} unlabelled ones" + _left_out(left_out)
    )
    figures = {
        "teacher": _judge(scored(corpus.test[:]["text"]), corpus),
        "without": _without(corpus, recipe, scores_directory, reporter),
    }
    facts = {
        "teacher": teacher.name,
        "identity": teacher.identity,
        "labelled": len(corpus.train),
        "unlabelled": unlabelled_learnt,
        "hard": hard,
        "temperature": temperature,
        "figures": {name: values for name, values in figures.items() if values},
    }
    return train(
        corpus,
        recipe,
        out,
        soft_targets=soft_targets,
        distillation=facts,
        resume=resume,
        replace=replace,
        reporter=reporter,
        source=source,
    )


def _left_out(counts: Mapping[str, int]) -> str:
    """The rest of a sentence on the unlabelled texts that are not learnt from."""
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in counts.items() if count)
    return f" ({sum(counts.values()):,} left out: {reasons})" if reasons else ""


def _judge(scores: NDArray[np.float64], corpus: Corpus) -> dict[str, float]:
    """The teacher's figures on the test part; none where it does not know all of it."""
    if not len(corpus.test) or np.isnan(scores).any():
        return {}
    truth = target_array(corpus.test[:]["labels"], len(corpus.labels), multi_label=False)
    predicted = scores.argmax(axis=1)
    return {"accuracy": accuracy(truth, predicted), "macro_f1": macro_f1(truth, predicted)}


def _without(corpus: Corpus, recipe: Recipe, scores_directory: Path, reporter: Reporter) -> dict[str, float]:
    """The test figures of the same recipe and rows without the teacher, from disk where they are known."""
    if not len(corpus.test):
        return {}
    recipe = recipe.model_copy(update={"refit": False})  # as the student, which learns from the training part
    file = scores_directory / _WITHOUT
    with find_device() as device:
        identity = _identity(corpus, recipe, device)
        if file.exists():
            known: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            if known["identity"] == identity:
                return dict(known["figures"])
        reporter.note("training without the teacher first, to compare")
        classifier = fit_corpus(corpus, recipe, device, reporter).classifier()
    evaluation = evaluate_classifier(classifier, corpus)
    figures = {measure: float(evaluation[measure]) for measure in MEASURES}
    scores_directory.mkdir(parents=True, exist_ok=True)
    write_json(file, {"identity": identity, "figures": figures})
    return figures


def _identity(corpus: Corpus, recipe: Recipe, device: Device) -> dict[str, Any]:
    """Tell what decides the figures without the teacher; takes seconds, as the start is read for it."""
    fitter = prepare(corpus, recipe, device, Reporter(), None)
    return {
        **fitter.recipe.model_dump(mode="json"),
        "start": fitter.start.sha256 if fitter.start else None,
        "corpus": corpus.fingerprint,
        "textcnn": version("textcnn"),
    }
