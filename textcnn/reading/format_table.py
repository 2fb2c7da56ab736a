"""Every format that a corpus can have. A new one is an entry here, and a file of its name in `formats/`."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import ModuleType

    from textcnn.reading.file_start import FileStart


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format, as far as it is known without reading a file."""

    name: str
    note: str = ""
    """More than the name tells."""
    endings: tuple[str, ...] = ()
    """Of file names, before `.gz` or `.zst`."""
    media_types: tuple[str, ...] = ()
    """Over HTTP; an answer has the first."""
    magic: tuple[bytes, ...] = ()
    """First bytes of a file that no other format has."""
    has_recogniser: bool = False
    """Whether its file has `recognises`, for the lines of a file whose name does not tell the format."""
    is_columnar: bool = False
    """Whether its columns have types, and it is read a batch of rows at a time."""
    has_keys: bool = False
    """Whether each record names its own columns, so that one may first come late."""
    is_written: bool = False
    """Whether `textcnn.files.outputs` writes it."""
    written_as: str = ""
    """The format that its rows are written in where nothing is said, if that is not itself."""
    has_lines: bool = True
    """Whether a line of the file is about a row, so that counting lines tells how much is to be done."""
    tool: str = ""
    """The annotation tool whose files alone have it."""

    @property
    def module(self) -> ModuleType:
        """Its file in `formats/`, imported when it is needed: pyarrow takes a tenth of a second."""
        return import_module(f"textcnn.reading.formats.{self.name}")

    def recognises(self, start: FileStart) -> bool:
        """Whether a file that starts so is of this format, if it is of none that stands below it."""
        if any(start.magic.startswith(magic) for magic in self.magic):
            return True
        return self.has_recogniser and bool(self.module.recognises(start))


FORMATS: Final = {
    each.name: each
    for each in (
        Format(
            name="csv",
            endings=(".csv",),
            media_types=("text/csv",),
            has_recogniser=True,
            is_written=True,
        ),
        Format(
            name="tsv",
            endings=(".tsv", ".tab"),
            media_types=("text/tab-separated-values",),
            has_recogniser=True,
            is_written=True,
        ),
        Format(name="tabbed", note="label<TAB>text", has_recogniser=True),
        Format(
            name="jsonl",
            has_keys=True,
            endings=(".jsonl", ".ndjson", ".json"),
            media_types=("application/x-ndjson", "application/jsonl"),
            has_recogniser=True,
            is_written=True,
        ),
        Format(
            name="json",
            has_keys=True,
            note="an array",
            has_recogniser=True,
            written_as="jsonl",
            has_lines=False,
        ),
        Format(name="fasttext", endings=(".ft", ".fasttext"), has_recogniser=True),
        Format(name="rasa", note="nlu.yml", endings=(".yml", ".yaml"), has_recogniser=True, tool="Rasa"),
        Format(
            name="excel",
            note=".xlsx",
            endings=(".xlsx", ".xlsm"),
            media_types=("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",),
            magic=(b"PK\x03\x04",),
            written_as="csv",
            has_lines=False,
        ),
        Format(
            name="parquet",
            endings=(".parquet", ".pq"),
            media_types=("application/vnd.apache.parquet",),
            magic=(b"PAR1",),
            is_columnar=True,
            is_written=True,
            has_lines=False,
        ),
        Format(
            name="arrow",
            endings=(".arrow", ".feather", ".ipc"),
            media_types=("application/vnd.apache.arrow.file", "application/vnd.apache.arrow.stream"),
            magic=(b"ARROW1", b"\xff\xff\xff\xff"),
            is_columnar=True,
            is_written=True,
            has_lines=False,
        ),
        Format(name="lines"),
        Format(name="folder", note="a folder for each label"),
        Format(name="parts", note="a directory of files of one format"),
    )
}
"""By name. The lower a format stands the more particular it is: the last one that recognises a file has it.

`lines` is what a file has that no format recognises.
"""


@dataclass(frozen=True, slots=True)
class Export:
    """The export of an annotation tool, in whichever format: records that say who answered what."""

    name: str
    title: str
    """The tool as it calls itself."""

    @property
    def module(self) -> ModuleType:
        """Its file in `exports/`, with `recognises`, `questions` and `read`."""
        return import_module(f"textcnn.reading.exports.{self.name.replace('-', '_')}")


EXPORTS: Final = {
    each.name: each
    for each in (
        Export("prodigy", "Prodigy"),
        Export("label-studio", "Label Studio"),
        Export("argilla", "Argilla"),
        Export("spacy-cats", "spaCy"),
        Export("doccano", "doccano"),
    )
}
"""By name; the first one that knows most records of a file has it."""


def format_of_ending(ending: str) -> str | None:
    """The format whose files have this ending, such as `.csv`."""
    return next((name for name, each in FORMATS.items() if ending in each.endings), None)
