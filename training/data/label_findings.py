"""Labels that look like an encoding, and not like names: written by a program, or joined in one cell."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

from textcnn.training.data.lint_report import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from textcnn.reading.rows import Row

LABELS_NAMED: Final = 5
_PLACES: Final = frozenset({"0", "1", "0.0", "1.0"})
_NO_VALUES: Final = frozenset({"nan", "null", "<na>", "#n/a", "nat", "undefined"})
_SEPARATORS: Final = (";", "|", ",", "#", "/", "+", "&")
_ENOUGH_JOINED: Final = 3
"""Labels with the separator, from which on it may be one."""
_FASTTEXT: Final = "__label__"
_INVISIBLE: Final = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")


def encoded_labels(by_label: Mapping[str, Sequence[Row]], rows: Sequence[Row]) -> Iterator[Finding]:
    """The findings on labels that a program made, each with the rows where they stand first."""
    if rows and by_label.keys() <= _PLACES and any(len(row.labels) > 1 for row in rows):
        message = (
            "the labels are 0 and 1 alone, several in a row, as places of a list are: name them with "
            "--label-columns"
        )
        yield _finding("places", by_label, list(by_label), message)
    for kind, labels, problem in (
        (
            "encoded-label",
            [label for label in by_label if _is_object(label)],
            "labels that are a list or an object, as a program writes it, and no name",
        ),
        (
            "no-value-label",
            [label for label in by_label if label.strip().casefold() in _NO_VALUES],
            "labels that stand for no value; leave their rows out, or empty their cells",
        ),
        (
            "fasttext-label",
            [label for label in by_label if _FASTTEXT in label],
            f"labels with {_FASTTEXT} inside, which stands before a label in fastText's files",
        ),
    ):
        if labels:
            yield _finding(kind, by_label, labels, f"{problem}: {len(labels):,} ({names_of(labels)})")
    separator, labels = joined_labels(by_label)
    if labels:
        message = (
            f"labels that look like several in one cell: {len(labels):,} ({names_of(labels)}); if they are, "
            f"say --label-separator '{separator}'"
        )
        yield _finding("joined-label", by_label, labels, message)


def similar_labels(by_label: Mapping[str, Sequence[Row]]) -> Iterator[Finding]:
    """The finding on labels that are equal but for case, white space or their form in Unicode."""
    groups: dict[str, list[str]] = defaultdict(list)
    for label in by_label:
        groups[_plain(label)].append(label)
    alike = [label for group in groups.values() if len(group) > 1 for label in group]
    if alike:
        problem = "labels that differ only in case, white space or Unicode form"
        message = f"{problem}: {len(alike):,} ({names_of(alike)})"
        yield _finding("similar-label", by_label, alike, message)


def joined_labels(labels: Iterable[str]) -> tuple[str, list[str]]:
    """The likeliest separator, and the labels that it joins; none where their parts do not come again.

    They do where the same parts stand in another order, or where most parts are in other labels, too.
    """
    found = [(each, _joined_by(each, list(labels))) for each in _SEPARATORS]
    return max(found, key=lambda pair: len(pair[1]))


def _joined_by(separator: str, labels: Sequence[str]) -> list[str]:
    parts = {label: [part.strip() for part in label.split(separator)] for label in labels}
    joined = [label for label in labels if len(parts[label]) > 1 and all(parts[label])]
    orders = Counter(frozenset(parts[label]) for label in joined)
    if any(count > 1 for count in orders.values()):
        return joined
    counts = Counter(part for each in parts.values() for part in {*each})
    again = [all(counts[part] > 1 for part in parts[label]) for label in joined]
    return joined if len(joined) >= _ENOUGH_JOINED and 2 * sum(again) > len(again) else []


def names_of(labels: Iterable[str]) -> str:
    """The first labels, in quotes."""
    labels = list(labels)
    shown = ", ".join(repr(label[:40]) for label in labels[:LABELS_NAMED])
    return shown + (", ..." if len(labels) > LABELS_NAMED else "")


def _finding(
    kind: str, by_label: Mapping[str, Sequence[Row]], labels: Sequence[str], message: str
) -> Finding:
    places = tuple(by_label[label][0].where for label in labels[:LABELS_NAMED])
    return Finding(kind, "warning", len(labels), places, message)


def _is_object(label: str) -> bool:
    label = label.strip()
    return (label[:1], label[-1:]) in {("[", "]"), ("{", "}")}


def _plain(label: str) -> str:
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", label))
    return unicodedata.normalize("NFKC", " ".join(text.casefold().split()))
