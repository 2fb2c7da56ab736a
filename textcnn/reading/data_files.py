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


def reason_of_name(name: str) -> str | None:
    """The reason for which a file or folder holds no data, by its name; None where it may."""
    if name.startswith("."):
        return HIDDEN
    return MARKERS if any(fnmatchcase(name, each) for each in _MARKER_NAMES) else None


def reason_of_path(path: Path, base: Path) -> str | None:
    """The reason for which a file below a directory holds no data, by its folders' names, too."""
    parts = path.relative_to(base).parts
    return next((reason for part in parts if (reason := reason_of_name(part))), None)


def data_files(directory: Path) -> list[Path]:
    """The files of a directory that may hold data, in order of their names."""
    return [
        path for path in sorted(directory.iterdir()) if path.is_file() and reason_of_name(path.name) is None
    ]


def data_folders(directory: Path) -> list[Path]:
    """The folders of a directory that may hold data, in order of their names."""
    return [
        path for path in sorted(directory.iterdir()) if path.is_dir() and reason_of_name(path.name) is None
    ]


def left_out(paths: Iterable[Path], otherwise: str) -> Iterator[LeftOut]:
    """Each of these as what is left out, for the reason that its name tells, or else for the other one."""
    for path in paths:
        yield LeftOut(0, str(path), reason_of_name(path.name) or otherwise)
