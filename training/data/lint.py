"""Problems of a labelled corpus, with the lines where to look.

report = lint_rows(list(read_rows("reviews.csv")))
report.honest          # False when a model trained on it would report figures that are not true
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal, TypeVar

import numpy as np

from textcnn.errors import UnlabelledError
from textcnn.reading.contradictions import MOST_SHARE, settle_contradictions
from textcnn.tokens.normalise import normalise
from textcnn.training.data.label_findings import encoded_labels, names_of, similar_labels
from textcnn.training.data.lint_report import Finding, Lengths, LintReport
from textcnn.training.data.splits import split_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from textcnn.reading.record import LeftOut
    from textcnn.reading.rows import Row

T = TypeVar("T")

LINES_SHOWN: Final = 5
CONTRADICTIONS_SHOWN: Final = 100
"""They are left out, so whoever wants to mend them must find them."""
FEW_ROWS: Final = 5
"""A label with fewer rows can hardly be learned, and not be measured."""
ENOUGH_TEXTS: Final = 30
"""Different ones of one label, so many that parts can be split off however often each stands there."""

# What UTF-8 looks like when it was read as Latin-1 or Windows-1252, or replaced; control characters.
_CONTINUATION: Final = (
    "\u0080-\u00bf\u20ac\u201a\u0192\u201e-\u2026\u2020-\u2021\u02c6\u2030\u2018-\u201d\u2013\u2014"
)
_DAMAGE: Final = re.compile(
    "\ufffd|[\ud800-\udfff]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\ufeff|锟斤拷|â€|ðŸ|"
    f"[ÂÃ][{_CONTINUATION}]|[äåæçèé][{_CONTINUATION}]{{2}}"
)


def lint_rows(
    rows: Sequence[Row],
    test_rows: Sequence[Row] | None = None,
    *,
    parts: bool = True,
    contradictions: str | None = None,
    unlabelled: Sequence[UnlabelledError | LeftOut] = (),
    other_annotators: Sequence[str] = (),
) -> LintReport:
    """Find what is wrong with the rows to train on, and with them beside the rows to test on.

    With `parts`, also whether the parts that are not given can be split off. `unlabelled` are the rows that
    only miss a label, errors or left out; `other_annotators` are columns of the file that hold labels, too,
    and are not read.

    Exact duplicates have the same text; near-exact ones are equal after `normalise`. Rows of the very same
    text under different labels are left out, as `contradictions` says (see `settle_contradictions`); that is
    a warning, and an error where they are many and nothing is said. If only the normalised form is the same
    it is a warning, since "C" and "C++" may well differ in meaning.
    """
    keys = [normalise(row.text) for row in rows]
    findings = [
        *_unlabelled_findings(unlabelled),
        *_contradictions(rows, contradictions),
        *_row_findings(rows, keys),
        *_label_findings(rows),
        *_test_findings(rows, keys, test_rows),
    ]
    if other_annotators:
        findings.append(_annotators(rows, other_annotators))
    if parts:
        findings += _part_findings(rows, keys, test_rows)
    counts = Counter(label for row in rows for label in row.labels)
    return LintReport(
        rows=len(rows),
        test_rows=None if test_rows is None else len(test_rows),
        labels=dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
        lengths=_lengths(rows),
        findings=tuple(sorted(findings, key=lambda finding: finding.severity)),
    )


def _unlabelled_findings(unlabelled: Sequence[UnlabelledError | LeftOut]) -> Iterator[Finding]:
    if not unlabelled:
        return
    places = tuple(f"{each.file}:{each.line}" for each in unlabelled[:LINES_SHOWN])
    if isinstance(unlabelled[0], UnlabelledError):
        message = (
            f"rows without a label: {len(unlabelled):,}; label them, or leave them out with --skip-unlabelled"
        )
        yield Finding("unlabelled", "error", len(unlabelled), places, message)
    else:
        message = f"rows left out, as they have no label: {len(unlabelled):,}"
        yield Finding("unlabelled", "warning", len(unlabelled), places, message)


def _contradictions(rows: Sequence[Row], how: str | None) -> Iterator[Finding]:
    left_out = settle_contradictions(rows, how or "drop").left_out
    if not left_out:
        return
    message = f"rows left out, as their text stands under different labels: {len(left_out):,}"
    severity: Literal["error", "warning"] = "warning"
    if how is None and len(left_out) > MOST_SHARE * len(rows):
        severity = "error"
        message += (
            f", over {100 * MOST_SHARE:.0f} % of all; mend them, or say contradictions: drop or majority"
        )
    yield Finding("two-labels", severity, len(left_out), _places(left_out, CONTRADICTIONS_SHOWN), message)


def _row_findings(rows: Sequence[Row], keys: Sequence[str]) -> Iterator[Finding]:
    texts = [row.text for row in rows]
    same = _groups(rows, texts)
    near = [group for group in _groups(rows, keys) if len({row.text for row in group}) > 1]
    yield from _found(
        "near-two-labels",
        "warning",
        [row for group in near if _conflicts(group) for row in group],
        "rows that differ only in case, punctuation or spacing from one under another label",
    )
    yield from _found(
        "duplicate",
        "warning",
        _in_order(row for group in same for row in group[1:]),
        "rows that repeat an earlier text",
    )
    yield from _found(
        "near-duplicate",
        "warning",
        _in_order(row for group in near for row in _first_of_each_text(group)[1:]),
        "texts that repeat an earlier one but for case, punctuation or spacing",
    )
    yield from _found(
        "empty-text",
        "warning",
        [row for row in rows if not row.text.strip()],
        "rows with an empty text",
    )
    yield from _found(
        "encoding-damage",
        "warning",
        [row for row in rows if _DAMAGE.search(row.text)],
        "texts with characters that look like encoding damage",
    )


def _label_findings(rows: Sequence[Row]) -> Iterator[Finding]:
    by_label: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        for label in row.labels:
            by_label[label].append(row)
    if len(by_label) < 2 and all(len(row.labels) == 1 for row in rows):
        message = f"labels found: {len(by_label)}, but at least two are needed to classify"
        yield Finding("one-label", "error", len(by_label), _places(rows), message)
    bare = [row for row in rows if not row.labels]
    if bare and all(len(row.labels) < 2 for row in rows):
        message = (
            f"rows without a label: {len(bare):,}, so a text may have any number of labels (multi-label); "
            "if they were forgotten, label them or leave them out with --skip-unlabelled"
        )
        yield Finding("no-label", "warning", len(bare), _places(bare), message)
    rare = {label: group for label, group in by_label.items() if len(group) < FEW_ROWS}
    if rare:
        places = _places(group[0] for group in rare.values())
        message = f"labels with under {FEW_ROWS} rows: {len(rare):,} ({names_of(rare)})"
        yield Finding("rare-label", "warning", len(rare), places, message)
    yield from similar_labels(by_label)
    yield from encoded_labels(by_label, rows)


def _annotators(rows: Sequence[Row], columns: Sequence[str]) -> Finding:
    message = (
        f"columns that hold the same labels, as of other annotators, and are not read: {names_of(columns)}; "
        "--label-column names the one that is"
    )
    return Finding("other-annotators", "warning", len(columns), _places(rows[:1]), message)


def _part_findings(
    rows: Sequence[Row], keys: Sequence[str], test_rows: Sequence[Row] | None
) -> Iterator[Finding]:
    texts: dict[str, set[str]] = defaultdict(set)
    for row, key in zip(rows, keys, strict=True):
        for label in row.labels:
            texts[label].add(key)
    if not rows or max(map(len, texts.values()), default=0) >= ENOUGH_TEXTS:
        return
    parts = split_rows(rows, test=test_rows)
    for name, part in (("test", parts.test), ("validation", parts.validation)):
        if not part:
            message = f"no row can be split off as {name} part: add other texts, or train with --{name} FILE"
            yield Finding("few-texts", "error", len(rows), _places(rows), message)


def _test_findings(
    rows: Sequence[Row], keys: Sequence[str], test_rows: Sequence[Row] | None
) -> Iterator[Finding]:
    known, labels = set(keys), {label for row in rows for label in row.labels}
    yield from _found(
        "overlap",
        "error",
        [row for row in test_rows or () if normalise(row.text) in known],
        "test rows that repeat a text to be trained on",
    )
    yield from _found(
        "unknown-test-label",
        "error",
        [row for row in test_rows or () if not labels.issuperset(row.labels)],
        "test rows with a label that no row to be trained on has",
    )


def _found(
    kind: str, severity: Literal["error", "warning"], rows: Sequence[Row], what: str
) -> Iterator[Finding]:
    if rows:
        yield Finding(kind, severity, len(rows), _places(rows), f"{what}: {len(rows):,}")


def _groups(items: Sequence[T], keys: Sequence[str]) -> list[list[T]]:
    """The items that share their key with another, by key in order of appearance."""
    groups: dict[str, list[T]] = defaultdict(list)
    for item, key in zip(items, keys, strict=True):
        groups[key].append(item)
    return [group for group in groups.values() if len(group) > 1]


def _conflicts(group: Sequence[Row]) -> bool:
    return len({frozenset(row.labels) for row in group}) > 1


def _first_of_each_text(group: Iterable[Row]) -> list[Row]:
    first: dict[str, Row] = {}
    for row in group:
        first.setdefault(row.text, row)
    return list(first.values())


def _in_order(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row.line)


def _places(rows: Iterable[Row], most: int = LINES_SHOWN) -> tuple[str, ...]:
    return tuple(row.where for row in islice(rows, most))


def _lengths(rows: Sequence[Row]) -> Lengths:
    if not rows:
        return Lengths(0, 0, 0, 0)
    lengths = np.array([len(row.text) for row in rows])
    shares = np.quantile(lengths, (0, 0.5, 0.95, 1), method="lower")
    return Lengths(*(int(length) for length in shares))
