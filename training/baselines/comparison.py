"""A model beside the answers that it has to beat, on the same test rows; and what is to be said loudly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from textcnn.prediction import probabilities
from textcnn.training.baselines.given_labels import GivenLabels
from textcnn.training.baselines.linear import LinearModelError, linear_answers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from textcnn.classifier import TextClassifier
    from textcnn.training.baselines.given_labels import Marks
    from textcnn.training.data.corpus import Corpus

MOST_ROWS: Final = 20_000
"""Of each part: rows that a linear model learns from, and that all are compared on."""
STANDARD_ERRORS: Final = 2
"""A difference that is larger than so many of them is no chance."""
_CHUNK: Final = 4096
_PLACES: Final = 4
HARDLY_FELL: Final = 0.95
"""Share of the first epoch's loss that training may end with, if that was no better than knowing nothing."""


def compare_with_baselines(
    classifier: TextClassifier, corpus: Corpus, *, with_validation: bool, linear: bool
) -> dict[str, Any]:
    """The values of `baselines` in `metrics.json`: the model, the best constant answer, a linear model.

    They are compared by accuracy, or by micro F1 where texts have several labels. The others learn from the
    training part, and from the validation part too where the model did, never from test rows.
    """
    random = np.random.default_rng(0)
    test = _some(corpus.test, random)
    truth = GivenLabels.of_lists(test["labels"])
    known = corpus.with_validation_trained_on().train if with_validation else corpus.train
    constant = best_constant(known[:]["labels"], len(corpus.labels), multi_label=corpus.multi_label)
    count = len(test["text"])
    marks = model_answers(classifier, test["text"]).marks(truth, count)
    values: dict[str, Any] = {
        "measure": "micro_f1" if corpus.multi_label else "accuracy",
        "rows": count,
        "model": round(marks.micro_f1, _PLACES),
        "constant": {
            "labels": [corpus.labels[label] for label in constant],
            **_beside(marks, GivenLabels.of_lists([constant] * count).marks(truth, count)),
        },
    }
    if linear:
        rows = _some(known, random)
        values["linear"] = {"trained_on": len(rows["text"]), **_linear(marks, truth, rows, test, corpus)}
    return values


def model_answers(classifier: TextClassifier, texts: Sequence[str]) -> GivenLabels:
    """The answers of a model; its best label also where that is below `unknown_below`."""
    parts = [_given(classifier, texts[at : at + _CHUNK]) for at in range(0, len(texts), _CHUNK)]
    rows = [rows + number * _CHUNK for number, (rows, _) in enumerate(parts)]
    return GivenLabels(np.concatenate(rows), np.concatenate([labels for _, labels in parts]))


def best_constant(rows: Sequence[Sequence[int]], labels: int, *, multi_label: bool) -> list[int]:
    """The labels whose giving to every row has the best micro F1: the commonest, or several of these."""
    counts = np.bincount([label for row in rows for label in row], minlength=labels)
    order = np.argsort(-counts, kind="stable")
    if not multi_label:
        return [int(order[0])]
    sizes = np.arange(1, labels + 1) * len(rows) + counts.sum()
    best = int((2 * np.cumsum(counts[order]) / sizes).argmax())
    return sorted(order[: best + 1].tolist())


def warnings_of(
    baselines: Mapping[str, Any], history: Sequence[Mapping[str, float]], ignorance: float
) -> list[str]:
    """Sentences on what must not be overlooked; `ignorance` is what `loss_of_ignorance` gives."""
    return [*_below_others(baselines), *_hardly_learnt(history, ignorance)]


def loss_of_ignorance(rows: Sequence[Sequence[int]], labels: int, *, multi_label: bool) -> float:
    """The mean loss of an answer that knows how frequent each label is, and nothing of the text."""
    shares = np.bincount([label for row in rows for label in row], minlength=labels) / max(len(rows), 1)
    if multi_label:
        return float((_entropy(shares) + _entropy(1 - shares)).mean())
    return float(_entropy(shares).sum())


def _entropy(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    return -shares * np.log(np.maximum(shares, 1e-12))


def _given(classifier: TextClassifier, texts: Sequence[str]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The rows and the labels that a model gives to a few thousand texts."""
    config = classifier.config
    logits = classifier.score(classifier.tokenize(texts))
    scores = probabilities(logits, multi_label=config.multi_label, temperature=config.temperature)
    if config.multi_label:
        rows, labels = (scores >= np.array(config.thresholds)).nonzero()
        return rows, labels
    return np.arange(len(texts)), scores.argmax(axis=1)


def _below_others(baselines: Mapping[str, Any]) -> Iterator[str]:
    if not baselines:
        return
    measure = baselines["measure"].replace("_", " ").replace("f1", "F1")
    constant, linear = baselines["constant"], baselines.get("linear", {})
    on_rows = f"on {baselines['rows']:,} test rows"
    if constant["difference"] <= STANDARD_ERRORS * constant["standard_error"]:
        yield (
            f"the model is not surely better than giving every text the commonest answer: {measure} "
            f"{baselines['model']:.3f} against {constant['value']:.3f} {on_rows}. Look whether the text "
            "column is the right one, and whether the texts tell their labels."
        )
    if linear.get("difference", 0) < -STANDARD_ERRORS * linear.get("standard_error", 0):
        yield (
            f"a linear model is better: {measure} {linear['value']:.3f} against {baselines['model']:.3f} "
            f"{on_rows}, which is no chance. More epochs, a larger learning_rate or another init may help."
        )


def _hardly_learnt(history: Sequence[Mapping[str, float]], ignorance: float) -> Iterator[str]:
    losses = [epoch["loss"] for epoch in history]
    if len(losses) < 2 or losses[0] < HARDLY_FELL * ignorance:  # it has learnt in the first epoch
        return
    if min(losses) > HARDLY_FELL * max(losses[0], ignorance):
        yield (
            f"the training loss hardly fell: from {losses[0]:.3f} to {min(losses):.3f}, and knowing nothing "
            f"of the texts has {ignorance:.3f}. Look whether the text column is the right one, or raise "
            "learning_rate."
        )


def _beside(model: Marks, other: Marks) -> dict[str, float]:
    difference, error = model.above(other)
    values = {"value": other.micro_f1, "difference": difference, "standard_error": error}
    return {key: round(value, _PLACES) for key, value in values.items()}


def _linear(
    marks: Marks, truth: GivenLabels, rows: Mapping[str, Any], test: Mapping[str, Any], corpus: Corpus
) -> dict[str, Any]:
    try:
        answers = linear_answers(rows["text"], rows["labels"], test["text"], multi_label=corpus.multi_label)
    except LinearModelError as error:
        return {"failure": str(error)}
    return _beside(marks, answers.marks(truth, len(test["text"])))


def _some(part: Any, random: np.random.Generator) -> dict[str, Any]:  # noqa: ANN401  # of datasets, without types
    """The texts and labels of a part, or of some of its rows where there are many."""
    if len(part) > MOST_ROWS:
        part = part.select(np.sort(random.choice(len(part), MOST_ROWS, replace=False)))
    rows: dict[str, Any] = part[:]
    return {"text": list(rows["text"]), "labels": list(rows["labels"])}
