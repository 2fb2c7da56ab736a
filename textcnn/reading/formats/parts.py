"""A directory of files of one format, as Spark and others write a table: read one after the other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from textcnn.errors import CorpusError
from textcnn.reading.compression import endings_of
from textcnn.reading.data_files import data_files, left_out
from textcnn.reading.detection import find_format
from textcnn.reading.dialect import find_dialect
from textcnn.reading.format_table import FORMATS
from textcnn.reading.record import EndOfFile, Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from textcnn.reading.account import Item
    from textcnn.reading.layout import Layout

FOLDERS: Final = "folders"
EMPTY_FILES: Final = "empty files"
_DELIMITED: Final = ("csv", "tsv")
_FILES_NAMED: Final = 3
_EXPECTED: Final = "parts of one table, or a folder for each label that holds its texts as .txt files"


def read(path: Path, layout: Layout) -> Iterator[Item]:
    """The rows of all parts, in the order of their names; what else stands there is left out.

    The largest part tells for all of them how they are written.

    Raises:
        CorpusError: there are no files, they are of several formats, or one has other columns than the first.
    """
    parts = [file for file in data_files(path) if file.stat().st_size]
    if not parts:
        raise CorpusError(f"found no folders in it, and no files with rows; expected {_EXPECTED}", file=path)
    others = sorted({*path.iterdir()}.difference(parts))
    yield from left_out((other for other in others if other.is_dir()), FOLDERS)
    yield from left_out((other for other in others if not other.is_dir()), EMPTY_FILES)
    yield EndOfFile(str(path), len([*path.iterdir()]) - len(parts))
    layout = _with_format(path, parts, layout)
    kind = FORMATS[str(layout.format)]
    columns: tuple[Path, set[str]] | None = None
    for part in parts:
        for item in kind.module.read(part, layout):
            if isinstance(item, Record) and (kind.is_columnar or kind.name in _DELIMITED):
                columns = columns or (part, set(item.values))
                if item.values.keys() != columns[1]:
                    raise CorpusError(
                        f"its columns are not those of {columns[0].name[:40]}; expected parts of one table",
                        file=part,
                    )
            yield item


def _with_format(directory: Path, parts: Sequence[Path], layout: Layout) -> Layout:
    """The layout with what is found of the parts: their format, and how delimited ones are written."""
    said = replace(layout, format=None) if layout.format == "parts" else layout
    largest: dict[str, Path] = {}
    """By the ending of the name."""
    for part in sorted(parts, key=lambda part: -part.stat().st_size):
        largest.setdefault(endings_of(part.name)[0], part)
    by_format = {find_format(part, said): part for part in reversed(largest.values())}
    if len(by_format) > 1:
        found = ", ".join(f"{name} ({part.name[:40]})" for name, part in [*by_format.items()][:_FILES_NAMED])
        raise CorpusError(
            f"found files of several formats in it: {found}; expected {_EXPECTED}", file=directory
        )
    name, part = next(iter(by_format.items()))
    said = replace(said, format=name)
    if name not in _DELIMITED:
        return said
    if name == "csv" and said.delimiter is None:
        said = replace(said, delimiter=find_dialect(part, said).delimiter)
    return said if said.header is not None else replace(said, header=_has_header(part, said))


def _has_header(part: Path, layout: Layout) -> bool | None:
    """Whether the columns of a part have names; None where it holds no row."""
    items = FORMATS[str(layout.format)].module.read(part, layout)
    for item in items:
        if isinstance(item, Record):
            return [*item.values] != [str(number) for number in range(1, len(item.values) + 1)]
    return None
