"""Whether the first row of a file names its columns, and their names."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from textcnn.errors import CorpusError
from textcnn.reading.guessing.first_row import is_header

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textcnn.reading.layout import Layout


def find_header(rows: Sequence[Sequence[str]], layout: Layout) -> bool:
    """Whether the first row names the columns.

    It does when it holds a name that the layout gives, else when what it holds is unlike what stands below:
    known names, words above numbers, a short word above long texts, a value that no other row has where the
    others come back.
    """
    if layout.header is not None:
        return layout.header
    given_names = {
        name
        for name in (*layout.text_columns, *layout.label_columns, layout.label_column)
        if name and not name.isdecimal()
    }
    return bool(given_names.intersection(rows[0])) or is_header(rows)


def names_of(header: Sequence[str], file: str) -> list[str]:
    """The names that a header gives to columns; one that is blank is called by its number.

    Raises:
        CorpusError: two columns have one name.
    """
    names = [cell.strip() or str(number) for number, cell in enumerate(header, 1)]
    repeated, count = Counter(names).most_common(1)[0]
    if count > 1:
        raise CorpusError(f"two columns are called '{repeated[:40]}'; rename one", file=file, line=1)
    return names


def numbers_of(rows: Sequence[Sequence[object]], width: int = 0) -> list[str]:
    """The names of columns without a header, 1, 2, ...: as many as most rows have, or else `width`."""
    widths = Counter(map(len, rows)).most_common(1)
    return [str(number) for number in range(1, (widths[0][0] if widths else width) + 1)]
