r"""Several labels in one cell, and back: a label that holds the separator has a backslash before it.

join_labels(["a|b", "c"], "|")       # 'a\|b|c'
split_labels(r"a\|b|c", "|")         # ["a|b", "c"]

Backslashes mean themselves, but before a separator and at the end of a label, where they are doubled. Where
the separator is longer than a character, its first one is marked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def join_labels(labels: Iterable[str], separator: str) -> str:
    """Labels in one cell, from which `split_labels` gets them back."""
    marked = re.compile(rf"(\\*)({re.escape(separator[0])}|\Z)")
    return separator.join(
        marked.sub(_mark, label) if separator[0] in label or label.endswith("\\") else label
        for label in labels
    )


def split_labels(cell: str, separator: str) -> list[str]:
    """The labels of a cell, white space around them included."""
    if "\\" not in cell:
        return cell.split(separator)
    ends = re.compile(rf"(\\*)({re.escape(separator)}|{re.escape(separator[0])}|\Z)")
    labels, label, place = [], "", 0
    while match := ends.search(cell, place):
        label += cell[place : match.start()]
        slashes, found = len(match[1]), match[2]
        place = match.end()
        if slashes % 2 and found:  # a separator that is a part of the label
            label += "\\" * (slashes // 2) + separator[0]
            place = match.start() + slashes + 1
        elif found == separator:
            labels.append(label + "\\" * (slashes // 2))
            label = ""
        elif found or slashes % 2:
            label += match[0]
        else:
            label += "\\" * (slashes // 2)
        if not found:
            break
    return [*labels, label]


def _mark(match: re.Match[str]) -> str:
    slashes = match[1] * 2
    return f"{slashes}\\{match[2]}" if match[2] else slashes
