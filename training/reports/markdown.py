"""Text and tables as Markdown has them, whatever is in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~#&$])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def escape_markdown(text: str) -> str:
    """Write the text on one line, without any meaning for Markdown, HTML or a table."""
    return _MARKDOWN.sub(r"\\\1", _CONTROL.sub(" ", text))


def brief(value: object) -> str:
    """Write a fact on one line: a mapping as `key value` pairs, a list with commas."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {brief(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(brief, value))
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; its cells are escaped already."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
