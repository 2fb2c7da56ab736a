"""Tables as Markdown has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, words: int = 1) -> str:
    """A table whose first `words` columns are to the left and whose others are to the right."""
    rules = ["---" if index < words else "---:" for index in range(len(head))]
    body = [*rows]
    lines = [f"| {' | '.join(cells)} |" for cells in ([*head], rules, *body)]
    return "\n".join(lines) + "\n" + ("" if body else "\nNot measured yet.\n")
