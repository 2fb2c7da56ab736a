"""Faithfulness of each method of `textcnn explain`: take away the tokens it names first, and watch the score.

For each text, the tokens with the highest scores for the label that the model gives are deleted, a tenth of
them at first and half in the end (at least one). The figure is the mean fall of the label's probability over
these steps (the area over the deletion curve; Samek et al. 2017, `comprehensiveness` of DeYoung et al. 2020).
Texts of both corpora are held out: SST-2's test part, and the part of the SMS corpus that training kept for
testing.
"""

from __future__ import annotations

import math
import random
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.corpora import find_corpora
from benchmarks.machine import write_results
from textcnn.catalogue import find_model
from textcnn.classifier import TextClassifier
from textcnn.insight.token_maps import find_method, method_names
from textcnn.prediction import probabilities
from textcnn.reading.rows import read_texts
from textcnn.tokens.token_batch import TokenBatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from textcnn.directory import ModelDirectory

MOST_TEXTS = 1_000
STEPS = (0.1, 0.2, 0.3, 0.4, 0.5)
SEED = 0
_AT_RANDOM = "random order"


def main() -> None:
    """Measure every method on both corpora, where they are there."""
    sources: dict[str, tuple[str, Callable[[ModelDirectory, Path], list[str]], str]] = {
        "SST-2 test": ("sentiment", _whole_file, "sst2/test.csv"),
        "SMS spam, held out": ("spam", _held_out, "sms_spam/SMSSpamCollection"),
    }
    tasks = {}
    for title, (name, read, inside) in sources.items():
        file = find_corpora("faithfulness", inside)
        if file is None:
            return
        directory = find_model(name)
        texts = read(directory, file)
        random.Random(SEED).shuffle(texts)  # noqa: S311 - it need not be unguessable
        tasks[title] = {
            "model": name,
            "version": directory.version(),
            **_measure(directory, texts[:MOST_TEXTS]),
        }
        print(f"faithfulness: {title}: {tasks[title]['methods']}")
    write_results("faithfulness", {"steps": STEPS, "tasks": tasks})


def area(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean fall (texts) of a score along its curve (texts x 1+steps); the first is of the whole text."""
    fall: NDArray[np.float64] = (curve[:, :1] - curve[:, 1:]).mean(axis=1)
    return fall


def deletions(ids: NDArray[np.int32], scores: NDArray[np.float64]) -> Iterator[NDArray[np.int32]]:
    """The text, and what is left of it at each step, the tokens with the highest scores being gone."""
    order = (-scores).argsort(kind="stable")
    yield ids
    for step in STEPS:
        yield np.delete(ids, order[: math.ceil(step * len(ids))])


def _measure(directory: ModelDirectory, texts: list[str]) -> dict[str, Any]:
    classifier = TextClassifier.from_directory(directory)
    tokens = [ids for ids in map(classifier.tokenizer.encode, texts) if len(ids)]
    labels = classifier.score(TokenBatch.of(tokens)).argmax(axis=1).tolist()
    chooser = np.random.default_rng(SEED)
    methods = {}
    for name in (*method_names(), _AT_RANDOM):
        if name == _AT_RANDOM:
            run: Any = lambda ids, _: chooser.random(len(ids))  # noqa: E731
        else:
            run = find_method(name, classifier, directory)
        run(tokens[0], labels[0])  # what is loaded and compiled at the first call is not timed
        started = time.perf_counter()
        scores = [run(ids, label) for ids, label in zip(tokens, labels, strict=True)]
        seconds = time.perf_counter() - started
        falls = area(_curve(classifier, tokens, labels, scores))
        methods[name] = {
            "area": round(float(falls.mean()), 4),
            "error": round(float(falls.std() / math.sqrt(len(falls))), 4),
            "milliseconds": round(1000 * seconds / len(tokens), 3),
        }
    return {"texts": len(tokens), "methods": methods}


def _curve(
    classifier: TextClassifier,
    tokens: list[NDArray[np.int32]],
    labels: list[int],
    scores: list[NDArray[np.float64]],
) -> NDArray[np.float64]:
    """The probability of each text's label (texts x 1+steps) as tokens go."""
    left = [each for pair in zip(tokens, scores, strict=True) for each in deletions(*pair)]
    config = classifier.config
    rows = probabilities(
        classifier.score(TokenBatch.of(left)), multi_label=config.multi_label, temperature=config.temperature
    ).reshape(len(tokens), 1 + len(STEPS), -1)
    curve: NDArray[np.float64] = rows[np.arange(len(tokens)), :, labels]
    return curve


def _whole_file(_: ModelDirectory, file: Path) -> list[str]:
    return list(read_texts(file))


def _held_out(directory: ModelDirectory, file: Path) -> list[str]:
    """The test part that the model's training split off, made again and held to its fingerprint."""
    from textcnn.training.data.corpus import load_corpus

    training = directory.training()
    recipe = training["recipe"]
    shares = {key: recipe[key] for key in ("seed", "validation_share", "test_share")}
    corpus = load_corpus(file, **shares)
    if corpus.fingerprint != training["corpus"]["fingerprint"]:
        raise SystemExit(f"{file} is not the corpus that {directory.path.name} was trained on.")
    texts: list[str] = corpus.test[:]["text"]
    return list(texts)


if __name__ == "__main__":
    main()
