"""A text with its tokens coloured by their scores: the same for every method, in a terminal and on a page.

Blue speaks for the label, orange against it; the strongest token of a text has the full colour.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

import numpy as np

from textcnn.pages.terminal import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.text import Text

    from textcnn.insight.token_maps import TokenMap

_FOR: Final = (59, 130, 246)
_AGAINST: Final = (249, 115, 22)
"""Told apart on light and dark, and by the colour-blind."""
_FAINTEST: Final = 0.04
"""Strengths below it are not drawn."""


def strengths(token_map: TokenMap) -> Iterator[tuple[str, float]]:
    """The text in pieces, each with its strength from -1 to 1; what lies between tokens has 0."""
    largest = float(np.abs(token_map.scores).max(initial=0)) or 1.0
    end = 0
    for (start, stop), score in zip(token_map.spans, token_map.scores.tolist(), strict=True):
        begin = max(start, end)  # pieces of one character stand in the same place
        if begin > end:
            yield token_map.text[end:begin], 0.0
        if stop > begin:
            yield token_map.text[begin:stop], score / largest
        end = max(end, stop)
    if end < len(token_map.text):
        yield token_map.text[end:], 0.0


def to_terminal(token_map: TokenMap) -> Text:
    """The text for a terminal: black on a tint, which can be read on light and on dark."""
    from rich.color import Color
    from rich.style import Style
    from rich.text import Text

    result = Text()
    for piece, strength in strengths(token_map):
        style = None
        if abs(strength) >= _FAINTEST:
            colour = _FOR if strength > 0 else _AGAINST
            tint = [round(255 + (part - 255) * (0.15 + 0.85 * abs(strength))) for part in colour]
            style = Style(color=Color.from_rgb(0, 0, 0), bgcolor=Color.from_rgb(*tint))
        lines = piece.replace("\t", " ").split("\n")
        result.append("\n".join(map(visible, lines)), style)
    return result


def to_html(token_map: TokenMap) -> str:
    """The text as HTML, each token with its score as a tip."""
    parts = []
    scores = {start: score for (start, _), score in zip(token_map.spans, token_map.scores, strict=True)}
    place = 0
    for piece, strength in strengths(token_map):
        shown = escape(piece)
        if abs(strength) >= _FAINTEST:
            red, green, blue = _FOR if strength > 0 else _AGAINST
            tint = f"background:rgb({red} {green} {blue} / {0.12 + 0.6 * abs(strength):.2f})"
            shown = f'<mark style="{tint}" title="{scores.get(place, 0):+.4g}">{shown}</mark>'
        parts.append(shown)
        place += len(piece)
    return f'<p class="drawn" dir="auto">{"".join(parts)}</p>'


def strongest(token_map: TokenMap, limit: int) -> list[tuple[str, float]]:
    """The tokens with the largest scores, for or against, for those who see no colours."""
    order = (-np.abs(token_map.scores)).argsort(kind="stable")[:limit]
    return [
        (token_map.text[slice(*token_map.spans[each])], float(token_map.scores[each]))
        for each in order
        if token_map.scores[each]
    ]
