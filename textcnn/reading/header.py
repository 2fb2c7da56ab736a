"""Whether the first row of a delimited file names its columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
