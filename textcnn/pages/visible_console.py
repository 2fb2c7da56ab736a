"""A console for what comes from outside: it passes on no character that would steer the terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.segment import Segment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import ConsoleOptions, RenderableType

_STEERING: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Control characters but for tab and line feed, which Rich lays out itself."""


class VisibleConsole(Console):
    """Rich's console; labels, texts and names in what it prints lose their control characters.

    Rich removes five of them, and not the one that begins a terminal's commands.
    """

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Every string that is printed comes by here; Rich's own commands are segments of another kind."""
        for segment in super().render(renderable, options):
            if segment.control or not _STEERING.search(segment.text):
                yield segment
            else:
                yield Segment(_STEERING.sub("\N{REPLACEMENT CHARACTER}", segment.text), segment.style)
