"""A directory of things that can be made again: kept from one process to the next, never needed.

`TEXTCNN_CACHE_DIR` names it; else it is `textcnn` in `XDG_CACHE_HOME` or `~/.cache`. Where it cannot be
written, nothing is kept and nothing fails.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

ENTRIES: Final = 8
"""Kept at once; those that were not used for longest are removed."""

_PREFIX: Final = "tables-"


def cache_directory() -> Path:
    """Where things are kept; it need not exist."""
    said = os.environ.get("TEXTCNN_CACHE_DIR")
    if said:
        return Path(said)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path("~/.cache").expanduser()) / "textcnn"


def find(name: str) -> Path | None:
    """The entry of a name, which counts as used now; None where there is none."""
    path = cache_directory() / name
    if not path.is_dir():
        return None
    with suppress(OSError):  # where it is somebody else's, or read-only, it can be read all the same
        os.utime(path)
    return path


def keep(name: str, write: Callable[[Path], None]) -> Path | None:
    """Let `write` fill a directory that becomes the entry of this name; None where nothing can be kept.

    A reader sees all of an entry or nothing, and of two writers the last one wins.
    """
    root = cache_directory()
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=root))
    except OSError:
        return None
    path = root / name
    try:
        write(temporary)
        if path.exists():  # damaged, or another process was quicker
            shutil.rmtree(path, ignore_errors=True)
        temporary.rename(path)
    except OSError:  # a full disk, or another process was quicker still
        shutil.rmtree(temporary, ignore_errors=True)
        return path if path.is_dir() else None
    _remove_old(root)
    return path


def _remove_old(root: Path) -> None:
    # Memory-mapped files that somebody uses stay readable to him when their name is gone.
    entries = sorted(root.glob(f"{_PREFIX}*"), key=lambda each: each.stat().st_mtime, reverse=True)
    for old in entries[ENTRIES:]:
        shutil.rmtree(old, ignore_errors=True)
