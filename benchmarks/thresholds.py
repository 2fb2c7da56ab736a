"""Thresholds of multi-label models where one label is rare: each label's own, and those drawn together.

`python -m benchmarks thresholds` makes three corpora of shared ones and cuts one label of each to eight rows,
two labels in turn: two texts of CLINC150 joined, two of 20 Newsgroups joined, and reviews in Chinese with
category and polarity. One network is trained for each; the thresholds alone differ, and are chosen on
validation rows. Test rows have the rare label as rarely as the others.
"""

from __future__ import annotations

import random
import statistics
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from benchmarks.corpora import find_corpora
from benchmarks.machine import write_results
from textcnn.evaluation.metrics import LabelCounts
from textcnn.prediction import probabilities
from textcnn.reading.layout import Layout
from textcnn.reading.rows import Row, read_rows
from textcnn.recipe import Recipe
from textcnn.training.calibration import COMMON_ROWS, fit_thresholds, own_thresholds
from textcnn.training.data.corpus import corpus_from_rows
from textcnn.training.device import find_device
from textcnn.training.fitting.objective import target_array
from textcnn.training.progress import Reporter
from textcnn.training.train import fit_corpus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from textcnn.classifier import TextClassifier
    from textcnn.training.data.corpus import Corpus

RARE_ROWS: Final = 8
"""Rows of the rare label to train on and to choose by."""
ROWS: Final = 900
"""To train on and to choose by; half as many to test on."""
RARE_LABELS: Final = 2
"""Labels that are cut in turn, one in each corpus."""
STRENGTHS: Final = (3.0, 10.0, COMMON_ROWS, 100.0)
WORDS: Final = 30
"""Of a long text, or 20 Newsgroups would take most of the time."""
INTENTS: Final = 10
"""Of CLINC150's 150 labels, so that each has enough rows."""


def main() -> None:
    """Measure and keep the figures."""
    corpora = find_corpora("thresholds")
    if corpora is None:
        return
    figures = {name: _measure(make(corpora)) for name, make in CORPORA.items()}
    write_results("thresholds", {"rows": ROWS, "rare_rows": RARE_ROWS, "corpora": figures})
    for name, rules in figures.items():
        for rule, measures in rules.items():
            print(f"thresholds, {name}, {rule}: {measures}")


def _measure(rows: list[Row]) -> dict[str, dict[str, float]]:
    """Of each rule the means over the rare labels."""
    found: defaultdict[str, list[dict[str, float]]] = defaultdict(list)
    labels = sorted({label for row in rows for label in row.labels})
    for rare in labels[: RARE_LABELS * (len(labels) // RARE_LABELS) : len(labels) // RARE_LABELS]:
        for rule, measures in _measure_rules(rows, rare):
            found[rule].append(measures)
    return {
        rule: {key: round(statistics.fmean(each[key] for each in several), 4) for key in several[0]}
        for rule, several in found.items()
    }


def _measure_rules(rows: list[Row], rare: str) -> Iterator[tuple[str, dict[str, float]]]:
    cut = len(rows) * 2 // 3
    known, test = _with_few(rows[:cut], rare, RARE_ROWS), _with_few(rows[cut:], rare, RARE_ROWS // 2)
    corpus = corpus_from_rows(known, test=test, multi_label=True)
    with find_device() as device:
        # Without a second training, as the thresholds are of this network's validation scores.
        recipe = Recipe(refit=False)
        classifier = fit_corpus(corpus, recipe, device, Reporter()).classifier()
    temperature = classifier.config.temperature
    logits, truth = _logits(classifier, corpus.validation, corpus)
    scores = probabilities(logits, multi_label=True, temperature=temperature)
    rules = {"each label's own": own_thresholds(scores, truth)}
    for strength in STRENGTHS:
        drawn = fit_thresholds(logits, truth, temperature, common_rows=strength)
        rules[f"drawn together by {strength:g} rows"] = np.array(drawn)
    tested, right = _logits(classifier, corpus.test, corpus)
    given_scores = probabilities(tested, multi_label=True, temperature=temperature)
    place = corpus.labels.index(rare)
    for rule, thresholds in rules.items():
        given = given_scores >= thresholds
        counts = LabelCounts.of_sets(right, given)
        yield (
            rule,
            {
                "macro_f1": counts.macro_f1,
                "micro_f1": counts.micro_f1,
                "rare_label_given_to": float(given[:, place].mean()),
                "rare_label_f1": float(counts.f1[place]),
            },
        )


def _logits(
    classifier: TextClassifier,
    part: Any,  # noqa: ANN401  # of datasets, without types
    corpus: Corpus,
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    rows = part[:]
    truth = target_array(rows["labels"], len(corpus.labels), multi_label=True)
    return classifier.score(classifier.tokenize(rows["text"])), truth


def _with_few(rows: Sequence[Row], rare: str, count: int) -> list[Row]:
    """The rows but for those of the rare label, of which so many stay."""
    places = [place for place, row in enumerate(rows) if rare in row.labels]
    cut = set(places[count:])
    return [row for place, row in enumerate(rows) if place not in cut]


def _pairs(rows: list[Row], seed: int = 0) -> list[Row]:
    """Two texts joined, with the labels of both."""
    chooser = random.Random(seed)  # noqa: S311  # no secret
    return [
        Row(line, f"{one.text} {other.text}", tuple(sorted({*one.labels, *other.labels})), "pairs")
        for line, (one, other) in enumerate((chooser.sample(rows, 2) for _ in range(ROWS * 3 // 2)), start=1)
    ]


def _clinc(corpora: Path) -> list[Row]:
    rows = list(read_rows(corpora / "clinc150" / "train.jsonl"))
    intents = set(sorted({row.labels[0] for row in rows})[:INTENTS])
    return _pairs([row for row in rows if row.labels[0] in intents])


def _newsgroups(corpora: Path) -> list[Row]:
    rows = read_rows(corpora / "newsgroups20" / "train.parquet")
    short = [Row(row.line, " ".join(row.text.split()[:WORDS]), row.labels, row.file) for row in rows]
    return _pairs(short)


def _shopping(corpora: Path) -> list[Row]:
    layouts = (Layout(text_columns=("review",), label_column=column) for column in ("category", "sentiment"))
    columns = (list(read_rows(corpora / "shopping_zh" / "train.csv", layout)) for layout in layouts)
    rows = [
        Row(one.line, one.text, tuple(sorted({*one.labels, *other.labels})), one.file)
        for one, other in zip(*columns, strict=True)
    ]
    return random.Random(0).sample(rows, ROWS * 3 // 2)  # noqa: S311  # no secret


CORPORA: Final[dict[str, Callable[[Path], list[Row]]]] = {
    "clinc150, two texts joined": _clinc,
    "newsgroups20, two texts joined": _newsgroups,
    "shopping_zh, category and polarity": _shopping,
}
