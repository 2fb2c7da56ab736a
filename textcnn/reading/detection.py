"""The format of a file: as it is said, by its name, or else by its content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textcnn.errors import CorpusError
from textcnn.reading.compression import endings_of
from textcnn.reading.data_files import data_folders
from textcnn.reading.file_start import FileStart
from textcnn.reading.format_table import FORMATS, format_of_ending

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.reading.layout import Layout

_UNREADABLE: Final = frozenset(
    {".xls", ".xlsb", ".ods", ".zip", ".tar", ".tgz", ".bz2", ".xz", ".7z", ".pkl", ".pdf", ".docx", ".db"}
)


def find_format(path: Path, layout: Layout) -> str:
    """The format of a file: said, by its ending (before .gz or .zst), or else by its content.

    Raises:
        CorpusError: the file cannot be opened or is of no format that can be read.
    """
    if path.is_dir():
        is_folder = layout.format is None and data_folders(path)
        return "folder" if is_folder or layout.format == "folder" else "parts"
    if layout.format == "folder":
        raise CorpusError("expected a folder that holds a folder of texts per label", file=path)
    if layout.format == "parts":
        raise CorpusError("expected a folder that holds files of one format", file=path)
    ending, _ = endings_of(path.name)
    if ending in _UNREADABLE:
        message = f"'{ending}' files are not read; save it as CSV, JSONL or Parquet"
        raise CorpusError(message, file=path)
    if layout.format in FORMATS:
        return layout.format
    name = format_of_ending(ending)
    if name == "jsonl" and FORMATS["json"].recognises(FileStart(path, layout.encoding)):
        return "json"
    return name or _format_of_content(path, layout.encoding)


def _format_of_content(path: Path, encoding: str | None) -> str:
    start = FileStart(path, encoding)
    return next((each.name for each in reversed(FORMATS.values()) if each.recognises(start)), "lines")
