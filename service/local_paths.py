"""Paths of this machine, which are for no client: hidden in sentences that come from elsewhere."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

_PATH: Final = re.compile(r"""(?<![\w.:/~-])/([^\s/'",;:()\[\]]+)/[^\s'",;:()\[\]]*[^\s'",;:()\[\].]""")
"""An absolute path of two names or more; the first is looked at."""


def hide_paths(sentence: str) -> str:
    """The sentence with the last name alone of each path that can be one of this machine."""
    return _PATH.sub(_last_name, sentence)


def _last_name(match: re.Match[str]) -> str:
    path = match[0]
    return path.rstrip("/").rpartition("/")[2] if _is_here(match[1]) else path


@cache
def _is_here(name: str) -> bool:
    """Whether the root has such a directory: `/v1/jobs` is a route, and no path of this machine."""
    return Path("/", name).is_dir()
