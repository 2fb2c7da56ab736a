"""The files of a directory that hold data, and those that other programs leave beside them."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from textcnn.reading.record import LeftOut

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

HIDDEN: Final = "hidden files"
MARKERS: Final = "marker files"
"""Spark's, Hadoop's and Databricks', which tell that data are complete and what is in them."""
_MARKER_NAMES: Final = (
    "_SUCCESS",
    "_metadata",
    "_common_metadata",
    "_committed_*",
    "_started_*",
    "_temporary",
    "_delta_log",
)


def is_no_data(path: Path) -> str | None:
    """The reason for which a file or folder holds no data, by its name; None where it may."""
    if path.name.startswith("."):
        return HIDDEN
    return MARKERS if any(fnmatchcase(path.name, name) for name in _MARKER_NAMES) else None


def data_files(directory: Path) -> list[Path]:
    """The files of a directory that may hold data, in order of their names."""
    return [path for path in sorted(directory.iterdir()) if path.is_file() and is_no_data(path) is None]


def data_folders(directory: Path) -> list[Path]:
    """The folders of a directory that may hold data, in order of their names."""
    return [path for path in sorted(directory.iterdir()) if path.is_dir() and is_no_data(path) is None]


def left_out(paths: Iterable[Path], otherwise: str) -> Iterator[LeftOut]:
    """Each of these as what is left out, for the reason that its name tells, or else for the other one."""
    for path in paths:
        yield LeftOut(0, str(path), is_no_data(path) or otherwise)
