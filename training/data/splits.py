"""Rows split so that no text is on both sides, stratified by label and seeded."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from textcnn.errors import ConfigError, CorpusError
from textcnn.tokens.normalise import normalise

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from textcnn.reading.rows import Row

    Group = list[int]
    """Indices of rows whose texts are equal after `normalise`: they stay together."""


@dataclass(frozen=True)
class SplitRows:
    """Rows in three parts that share no text."""

    train: list[Row]
    validation: list[Row]
    test: list[Row]
    dropped: int
    """Rows to train on that were left out, as their text is in a part that was given."""


def split_rows(
    rows: Sequence[Row],
    validation: Sequence[Row] | None = None,
    test: Sequence[Row] | None = None,
    seed: int = 0,
    validation_share: float = 0.1,
    test_share: float | None = 0.1,
) -> SplitRows:
    """Rows, and the parts that are given, without a text in two of them; the other parts are split off.

    A share is one of all rows; a test share of None makes no test part. A part may be empty.
    """
    test_rows = list(test or ())
    validation_rows = _without(validation or (), test_rows)
    train = _without(rows, [*test_rows, *validation_rows])
    dropped = len(rows) - len(train)
    remaining = len(train)
    if test is None and test_share is not None:
        # Given validation rows need not be looked at: no row of `train` has a text of theirs any more.
        train, test_rows = split_off(train, test_share, seed)
    if validation is None and train:
        # The share is one of all rows, whatever the test part took.
        train, validation_rows = split_off(train, validation_share * remaining / len(train), seed + 1)
    return SplitRows(train, validation_rows, test_rows, dropped)


def folds(rows: Sequence[Row], n: int, seed: int = 0) -> Iterator[tuple[list[Row], list[Row]]]:
    """For each of n folds the rows to train on and those to test on; each row is tested on once.

    Raises:
        ConfigError: n is less than 2.
        CorpusError: a label's distinct texts all fall in one fold, so that it could not be trained there.
    """
    if n < 2:
        raise ConfigError(f"found {n} folds; expected at least 2", field="folds")
    sides = _fold_sides(rows, n, seed)
    labels = {label for row in rows for label in row.labels}
    for fold in range(n):
        train = {label for row, side in zip(rows, sides, strict=True) if side != fold for label in row.labels}
        if missing := sorted(labels - train):
            message = f"label '{missing[0][:40]}' has too few distinct texts for {n} folds"
            raise CorpusError(f"{message}; give it more rows, or leave it out")
        if fold not in sides:
            raise CorpusError(f"{len(rows)} rows are too few for {n} folds; give more rows or fewer folds")
    return _fold_parts(rows, sides, n)


def split_off(rows: Sequence[Row], share: float, seed: int) -> tuple[list[Row], list[Row]]:
    """The rows that stay and the share of them that is split off, each in the order given.

    Every label keeps at least one text among the rows that stay. The second part may be empty when the
    labels have too few distinct texts.
    """
    chooser = random.Random(seed)  # noqa: S311 - a split need not be unguessable
    chosen: set[int] = set()
    wanted = 0.0
    for _, groups in sorted(_strata(rows).items()):
        chooser.shuffle(groups)
        here = share * sum(map(len, groups))
        wanted += here
        # What rounding leaves over goes to the next stratum, so that rare labels get their share together.
        room = min(max(1, round(wanted)) - len(chosen), ceil(here))
        for group in groups[:-1]:
            if len(group) <= room:
                chosen.update(group)
                room -= len(group)
    chosen -= _needed(rows, chosen)
    stay = [row for index, row in enumerate(rows) if index not in chosen]
    return stay, [rows[index] for index in sorted(chosen)]


def _without(rows: Sequence[Row], others: Iterable[Row]) -> list[Row]:
    other_texts = {normalise(row.text) for row in others}
    if not other_texts:
        return list(rows)
    return [row for row in rows if normalise(row.text) not in other_texts]


def _fold_parts(rows: Sequence[Row], sides: Sequence[int], n: int) -> Iterator[tuple[list[Row], list[Row]]]:
    for fold in range(n):
        train = [row for row, side in zip(rows, sides, strict=True) if side != fold]
        yield train, [row for row, side in zip(rows, sides, strict=True) if side == fold]


def _fold_sides(rows: Sequence[Row], n: int, seed: int) -> list[int]:
    """The fold in which each row is tested: large groups are dealt first, each to the emptiest fold."""
    chooser = random.Random(seed)  # noqa: S311 - a split need not be unguessable
    sides = [0] * len(rows)
    total: Counter[int] = Counter()
    for _, groups in sorted(_strata(rows).items()):
        chooser.shuffle(groups)
        filled: Counter[int] = Counter()
        for group in sorted(groups, key=len, reverse=True):
            side = min(range(n), key=lambda fold: (filled[fold], total[fold]))
            filled[side] += len(group)
            total[side] += len(group)
            for index in group:
                sides[index] = side
    return sides


def _strata(rows: Sequence[Row]) -> dict[str, list[Group]]:
    """The groups of equal texts, by the rarest label that one of their rows has."""
    groups: dict[str, Group] = defaultdict(list)
    for index, row in enumerate(rows):
        groups[normalise(row.text)].append(index)
    counts = Counter(label for row in rows for label in row.labels)
    strata: dict[str, list[Group]] = defaultdict(list)
    for group in groups.values():
        strata[_rarest({label for index in group for label in rows[index].labels}, counts)].append(group)
    return strata


def _rarest(labels: Collection[str], counts: Mapping[str, int]) -> str:
    return min(labels, key=lambda label: (counts[label], label), default="")


def _needed(rows: Sequence[Row], chosen: set[int]) -> set[int]:
    """Chosen rows that must stay, since they hold the last texts of a label (if a row has several)."""
    labels_that_stay = {
        label for index, row in enumerate(rows) if index not in chosen for label in row.labels
    }
    missing = {label for row in rows for label in row.labels} - labels_that_stay
    if not missing:
        return set()
    texts = {normalise(rows[index].text) for index in chosen if missing.intersection(rows[index].labels)}
    return {index for index in chosen if normalise(rows[index].text) in texts}
