"""A linear model on the same rows: TF-IDF and support vectors, in a process that ends in time.

Fan et al., LIBLINEAR: A Library for Large Linear Classification, JMLR 9, 2008, by scikit-learn.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from textcnn.processes import end_with_parent, start_python
from textcnn.training.baselines.given_labels import GivenLabels

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_SECONDS: Final = 20.0
"""After so many it is ended: it is there to compare with, and the model is there already."""
MOST_CHARACTERS: Final = 6_000_000
"""Of the texts to learn from, up to which pairs of tokens are features too; of more, that takes too long."""
WORD: Final = r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|\w+|[^\w\s]"
"""A Chinese or Japanese character, another word, or any other sign: an emoji may decide."""

_TASK, _ANSWERS = "task.json", "answers.json"
_NO_LIBRARY: Final = 3


class LinearModelError(Exception):
    """No linear model came of it; the sentence says why."""


def linear_answers(
    texts: Sequence[str],
    labels: Sequence[Sequence[int]],
    asked: Sequence[str],
    *,
    multi_label: bool,
    seconds: float = MOST_SECONDS,
) -> GivenLabels:
    """The answers to the texts that are asked of a linear model that learns from texts and their labels.

    Raises:
        LinearModelError: it took too long, or its process ended otherwise.
    """
    with TemporaryDirectory() as folder:
        task = {"texts": texts, "labels": labels, "asked": asked, "multi_label": multi_label}
        (Path(folder) / _TASK).write_text(json.dumps(task), encoding="utf-8")
        _run(Path(folder), seconds)
        values = json.loads((Path(folder) / _ANSWERS).read_bytes())
    return GivenLabels(np.array(values["rows"], dtype=np.int64), np.array(values["labels"], dtype=np.int64))


def _run(folder: Path, seconds: float) -> None:
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with start_python("textcnn.training.baselines.linear", folder, os.getpid(), **silent) as process:
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise LinearModelError(f"it took longer than {seconds:g} seconds, and was ended") from None
        finally:
            process.kill()
    if code == _NO_LIBRARY:
        raise LinearModelError("scikit-learn is not installed; the extra 'train' has it")
    if code or not (folder / _ANSWERS).is_file():
        raise LinearModelError(f"its process ended with exit code {code}")


def main(folder: Path, parent: int) -> None:
    """Learn and answer, in the other process."""
    end_with_parent(parent)
    try:
        import sklearn  # noqa: F401
    except ImportError:
        sys.exit(_NO_LIBRARY)
    answers = _learn(json.loads((folder / _TASK).read_bytes()))
    values = {"rows": answers.rows.tolist(), "labels": answers.labels.tolist()}
    unfinished = folder / "answers.tmp"
    unfinished.write_text(json.dumps(values), encoding="utf-8")
    unfinished.replace(folder / _ANSWERS)


def _learn(task: dict[str, Any]) -> GivenLabels:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.preprocessing import MultiLabelBinarizer
    from sklearn.svm import LinearSVC

    longest = 2 if sum(map(len, task["texts"])) <= MOST_CHARACTERS else 1
    words = TfidfVectorizer(token_pattern=WORD, ngram_range=(1, longest), sublinear_tf=True)
    known, asked = words.fit_transform(task["texts"]), words.transform(task["asked"])
    support_vectors = LinearSVC(random_state=0)
    if task["multi_label"]:
        binarizer = MultiLabelBinarizer()
        several = OneVsRestClassifier(support_vectors).fit(known, binarizer.fit_transform(task["labels"]))
        rows, columns = several.predict(asked).nonzero()
        return GivenLabels(rows, binarizer.classes_[columns])
    given = support_vectors.fit(known, [row[0] for row in task["labels"]]).predict(asked)
    return GivenLabels(np.arange(len(given)), given)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
