"""The name that somebody probably meant."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST: Final = 40
"""Characters of a name that can be a slip of another one's."""
_ALIKE: Final = 0.7


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like another one, whatever its case and its dashes; None where none is like it."""
    plain = {_plain(each): each for each in known}
    found = get_close_matches(_plain(name), plain, 1, _ALIKE) if len(name) <= _LONGEST else ()
    return plain[found[0]] if found else None


def _plain(name: str) -> str:
    return name.lower().replace("-", "_").strip("_")
