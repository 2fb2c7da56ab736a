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
    layout_names = {
        name
        for name in (*layout.text_columns, *layout.label_columns, layout.label_column)
        if name and not name.isdigit()
    }
    known_columns = [column for column, cell in enumerate(first) if is_known(cell)]
    if layout_names.intersection(first) or len(known_columns) > 1:
        return True
    if known_columns:
        column = known_columns[0]
        return all(row[column] != first[column] for row in rest if column < len(row))
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
