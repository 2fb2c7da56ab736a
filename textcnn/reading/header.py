"""Whether the first row of a delimited file names its columns."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from textcnn.reading.column_names import is_known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textcnn.reading.layout import Layout

_HEADER_LENGTH: Final = 40


def find_header(rows: Sequence[Sequence[str]], layout: Layout) -> bool:
    """Whether the first row names the columns.

    It does when it holds a name that the layout says, or names that are known, unless the only such name
    comes back below as data does; else when a column of repeated values has none like the first row's.
    """
    if layout.header is not None:
        return layout.header
    first, rest = rows[0], rows[1:]
    named = {name for name in (*layout.text_columns, layout.label_column) if name and not name.isdigit()}
    known = [column for column, cell in enumerate(first) if is_known(cell)]
    if named.intersection(first) or len(known) > 1:
        return True
    if known:
        return all(row[known[0]] != first[known[0]] for row in rest if known[0] < len(row))
    return _looks_unlike(first, rest)


def _looks_unlike(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Whether the first row is short, distinct words, above a column of repeated values without it."""
    plain = all(0 < len(cell) <= _HEADER_LENGTH and not cell.isdigit() for cell in first)
    if not plain or len(set(first)) < len(first) or len(first) < 2:
        return False
    for column, cell in enumerate(first):
        counts = Counter(row[column] for row in rest if column < len(row))
        if counts and cell not in counts and min(counts.values()) > 1:
            return True
    return False
