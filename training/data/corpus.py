"""A corpus that can be trained on honestly: checked rows in three parts that share no text.

corpus = load_corpus("reviews.csv", test="held_out.csv", seed=1)
corpus.train[0]      # {"line": 2, "file": "reviews.csv", "text": "good value", "labels": [1]}
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from datasets import Dataset, Features, List, Value, concatenate_datasets

from textcnn.errors import ConfigError, CorpusError
from textcnn.tokens.surrogates import without_surrogates
from textcnn.training.data.labelled_files import read_files
from textcnn.training.data.splits import SplitRows, folds, split_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textcnn.reading.columns import KnownColumns
    from textcnn.reading.layout import Layout
    from textcnn.reading.rows import Row
    from textcnn.training.data.labelled_files import Files

__all__ = ["Corpus", "corpus_from_rows", "folds", "load_corpus", "read_files"]

_FEATURES: Final = {
    "line": Value("int64"),
    "file": Value("string"),
    "text": Value("string"),
    "labels": List(Value("int32")),
}


@dataclass(frozen=True)
class Corpus:
    """Three parts with the columns line, file, text and labels (indices into `labels`)."""

    labels: tuple[str, ...]
    """Sorted."""
    multi_label: bool
    train: Dataset
    validation: Dataset
    test: Dataset
    """Without rows when no test part was asked for."""
    validation_given: bool
    """The validation rows came by themselves, and were not split off those to train on."""
    dropped: int
    """Rows left out of training because their text, normalised, is in validation or test."""
    fingerprint: str
    """SHA-256 over the texts and labels of all parts, in order."""
    contradictory: int = 0
    """Rows left out because their text stands under different labels."""
    columns: KnownColumns | None = None
    """The columns of its first file, where it was read from files."""

    def with_validation_trained_on(self) -> Corpus:
        """The same, whose training part has the validation rows too."""
        return replace(self, train=concatenate_datasets([self.train, self.validation]))

    def describe(self) -> dict[str, Any]:
        """Describe the corpus for `training.json`: counts and fingerprint, none of its texts."""
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        counts = Counter(number for part in parts.values() for row in part[:]["labels"] for number in row)
        return {
            "rows": sum(map(len, parts.values())),
            "parts": {name: len(part) for name, part in parts.items()},
            "labels": {label: counts[number] for number, label in enumerate(self.labels)},
            "multi_label": self.multi_label,
            "dropped": self.dropped,
            "contradictory": self.contradictory,
            "fingerprint": self.fingerprint,
            "columns": None if self.columns is None else self.columns.to_json(),
        }


def load_corpus(
    train: Files,
    *,
    validation: Files | None = None,
    test: Files | None = None,
    layout: Layout | None = None,
    seed: int = 0,
    validation_share: float = 0.1,
    test_share: float | None = 0.1,
    multi_label: bool | None = None,
) -> Corpus:
    """The corpus in these files, all of one layout; what is not given is split off the training rows.

    Raises:
        CorpusError: a file cannot be read, or what is in it cannot be trained on (see `corpus_from_rows`).
        ConfigError: a share is not between 0 and 1.
    """
    return corpus_from_rows(
        read_files(train, layout),
        validation=None if validation is None else read_files(validation, layout),
        test=None if test is None else read_files(test, layout),
        seed=seed,
        validation_share=validation_share,
        test_share=test_share,
        multi_label=multi_label,
    )


def corpus_from_rows(
    rows: Sequence[Row],
    *,
    validation: Sequence[Row] | None = None,
    test: Sequence[Row] | None = None,
    seed: int = 0,
    validation_share: float = 0.1,
    test_share: float | None = 0.1,
    multi_label: bool | None = None,
) -> Corpus:
    """Rows in three parts that share no text, where texts equal after `normalise` count as one.

    A part that is not given is split off the rows, stratified by label (of several, by the rarest) and
    seeded; its share is one of all `rows`. A test share of None makes no test part. Rows whose text is in
    a given part are dropped from those to train on, and validation rows whose text is in a given test part
    are dropped too. The corpus is multi-label when a row has no label or several, unless said.

    Raises:
        CorpusError: there are too few rows or labels, a label is only outside the training part, or a row
            has the wrong number of labels.
        ConfigError: a share is not between 0 and 1.
    """
    _check_shares(validation_share, test_share)
    given = [*rows, *(validation or ()), *(test or ())]
    if multi_label is None:
        multi_label = any(len(row.labels) != 1 for row in given)
    elif not multi_label:
        _check_single(given)
    labels = _checked_labels(rows, multi_label=multi_label)
    parts = split_rows(rows, validation, test, seed, validation_share, test_share)
    _check_parts(parts, labels, wants_test=test is not None or test_share is not None)
    numbers = {label: number for number, label in enumerate(labels)}
    return Corpus(
        labels=labels,
        multi_label=multi_label,
        train=_dataset(parts.train, numbers),
        validation=_dataset(parts.validation, numbers),
        test=_dataset(parts.test, numbers),
        validation_given=validation is not None,
        dropped=parts.dropped,
        fingerprint=_fingerprint(parts),
    )


def _check_shares(validation_share: float, test_share: float | None) -> None:
    for name, share in (("validation_share", validation_share), ("test_share", test_share)):
        if share is not None and not 0 < share < 1:
            raise ConfigError(f"{name} is {share}; expected more than 0 and less than 1", field=name)
    if validation_share + (test_share or 0) >= 1:
        message = "validation_share and test_share leave nothing to train on; expected less than 1 together"
        raise ConfigError(message, field="validation_share")


def _check_single(rows: Iterable[Row]) -> None:
    for row in rows:
        if len(row.labels) != 1:
            message = f"found {len(row.labels)} labels, expected one; mend the row or train multi-label"
            raise CorpusError(message, file=row.file, line=row.line)


def _checked_labels(rows: Sequence[Row], *, multi_label: bool) -> tuple[str, ...]:
    if not rows:
        raise CorpusError("there are no rows to train on; give a corpus with labelled texts")
    labels = tuple(sorted({label for row in rows for label in row.labels}))
    needed = 1 if multi_label else 2
    if len(labels) < needed:
        too_few = f"only the label '{labels[0][:40]}'" if labels else "no label"
        remedy = f"expected at least {needed}: add rows of another label"
        raise CorpusError(f"found {too_few}; {remedy}", file=rows[0].file)
    return labels


def _check_parts(parts: SplitRows, labels: tuple[str, ...], *, wants_test: bool) -> None:
    trained_labels = {label for row in parts.train for label in row.labels}
    for name, part in (("validation", parts.validation), ("test", parts.test)):
        if not part and (name == "validation" or wants_test):
            problem = f"no rows are left for the {name} part, with {len(parts.train)} to train on"
            raise CorpusError(f"{problem}; add rows with other texts, or give a {name} file of its own")
        for row in part:
            for label in row.labels:
                if label not in trained_labels:
                    message = f"label '{label[:40]}' is in the {name} part but in no row to train on"
                    remedy = "add training rows of it whose texts are nowhere else, or leave the label out"
                    raise CorpusError(f"{message}; {remedy}", file=row.file, line=row.line)
    labels_lost = sorted({label for label in labels if label not in trained_labels})
    if labels_lost:
        message = f"no row of the label '{labels_lost[0][:40]}' is left to train on"
        remedy = "its texts are all in the validation or test part; add others, or leave the label out"
        raise CorpusError(f"{message}: {remedy}")


def _dataset(rows: Sequence[Row], numbers: dict[str, int]) -> Dataset:
    columns = {
        "line": [row.line for row in rows],
        "file": [without_surrogates(row.file) for row in rows],
        "text": [without_surrogates(row.text) for row in rows],
        "labels": [[numbers[label] for label in row.labels] for row in rows],
    }
    return Dataset.from_dict(columns, features=Features(_FEATURES))


def _fingerprint(parts: SplitRows) -> str:
    digest = hashlib.sha256()
    for part in (parts.train, parts.validation, parts.test):
        digest.update(b"part %d\n" % len(part))
        for row in part:
            # Lengths keep ("ab", "c") and ("a", "bc") apart.
            for text in (row.text, *sorted(row.labels), ""):
                data = text.encode("utf-8", "surrogatepass")
                digest.update(b"%d:" % len(data) + data)
    return digest.hexdigest()
