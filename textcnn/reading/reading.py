"""How a file is read, in one line: what was given, and all that was guessed.

tickets.csv: csv, ';', UTF-8 with BOM, header; text: Frage; label: Queue; 270 rows
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from textcnn.errors import CorpusError
from textcnn.reading.columns import KnownColumns, has_names
from textcnn.reading.compression import first_bytes
from textcnn.reading.detection import find_format
from textcnn.reading.dialect import find_dialect
from textcnn.reading.encoding import SAMPLE_BYTES, checked_encoding, find_encoding
from textcnn.reading.format_table import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable

    from textcnn.reading.columns import Columns
    from textcnn.reading.dialect import Dialect
    from textcnn.reading.layout import Layout
    from textcnn.reading.records import Records

    Tell = Callable[["Reading"], None]
    """Told how a file is read, before its first row."""

_NAME_LENGTH: Final = 80
_NAMES_SHOWN: Final = 8
_DELIMITED: Final = ("csv", "tsv")
_SPELT: Final = {"utf-8": "UTF-8", "utf-16-le": "UTF-16 LE", "utf-16-be": "UTF-16 BE", "gb18030": "GB18030"}
_BOMS: Final = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CALLED: Final = {"\t": "tab", " ": "blank"}


@dataclass(frozen=True, slots=True)
class Reading:
    """How one file is read."""

    file: str
    """Its last name, or `hf:NAME`."""
    format: str
    export: str | None
    """The tool whose export it is."""
    dialect: Dialect | None
    """Of a delimited file: its delimiter, and whether its fields are quoted."""
    encoding: str | None
    """As people write it; None where the format has its own."""
    header: bool | None
    """Whether the first row has the names; None where the format tells them."""
    text: tuple[str, ...]
    label: str | None
    """None where labels are not read."""
    columns: int
    doubt: str = ""
    """Why other columns are as likely, and the options that choose; empty where these are clear."""
    note: str = ""
    """A sentence about the choice that is to be told with it."""

    @classmethod
    def of(cls, records: Records, layout: Layout, columns: Columns) -> Reading:
        """The reading of a file whose records are open and whose columns are found.

        Raises:
            CorpusError: the file is gone.
        """
        source = records.file
        is_hub = source.startswith("hf:")
        name = "datasets" if is_hub else find_format(Path(source), layout)
        is_text = not is_hub and not FORMATS[name].is_columnar and not Path(source).is_dir()
        return cls(
            file=source if is_hub else Path(source).name,
            format=name,
            export=records.export,
            dialect=_dialect(Path(source), name, layout),
            encoding=_encoding(Path(source), layout) if is_text else None,
            header=_header(records, layout) if name in _DELIMITED else None,
            text=columns.text,
            label=columns.label,
            columns=len(records.columns),
            doubt=columns.doubt,
            note=columns.note,
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """A sentence for each thing that is to be told beside the line itself."""
        return tuple(visible(each) for each in (self.doubt, self.note) if each)

    def require_clear(self) -> None:
        """Refuse a file that could as well be read in another way.

        Raises:
            CorpusError: it tells the readings, and the options that choose.
        """
        if self.doubt:
            field = "text_column" if "--text-column" in self.doubt else "label_column"
            raise CorpusError(visible(self.doubt), file=self.file, field=field)

    def lines(self, rows: int | None = None) -> tuple[str, ...]:
        """The whole line, and a warning for each sentence that is to be told with it."""
        return (self.sentence(rows), *(f"warning: {each}" for each in self.warnings))

    def to_dict(self, rows: int | None = None) -> dict[str, Any]:
        """For programs: the line without the file's name, the columns, and what is to be told with them."""
        return {
            "reading": self.description(rows),
            "columns": self.known.to_json(),
            "doubt": visible(self.doubt),
            "warnings": list(self.warnings),
        }

    @property
    def known(self) -> KnownColumns:
        """The columns, as a model keeps them."""
        return KnownColumns(self.text, self.label, self.header, self.columns)

    def sentence(self, rows: int | None = None) -> str:
        """The whole line; without control characters."""
        return f"{visible(self.file)}: {self.description(rows)}"

    def description(self, rows: int | None = None) -> str:
        """The line without the file's name; the rows are known once they are read."""
        how = [self.format]
        how += [f"{self.export} export"] if self.export else []
        how += self._fields()
        how += [self.encoding] if self.encoding else []
        how += [] if self.header is None else ["header" if self.header else "no header"]
        parts = [", ".join(how), f"text: {self._named(self.text)}"]
        parts += [f"label: {self._named((self.label,))}"] if self.label is not None else []
        parts += [] if rows is None else [f"{rows:,} row{'s' * (rows != 1)}"]
        return visible("; ".join(parts))

    def _fields(self) -> list[str]:
        """How fields are told apart; quotes only where they are not as usual in the format."""
        if self.dialect is None:
            return []
        delimiter = self.dialect.delimiter
        words = [_CALLED.get(delimiter, f"'{delimiter}'")]
        if self.dialect.is_quoted != (self.format == "csv"):
            words.append("quoted" if self.dialect.is_quoted else "quotes are text")
        return words

    def _named(self, names: tuple[str, ...]) -> str:
        shown = " + ".join(name[:_NAME_LENGTH] for name in names[:_NAMES_SHOWN])
        more = " + ..." if len(names) > _NAMES_SHOWN else ""
        return f"{'column ' if self.header is False else ''}{shown}{more}"


def visible(text: str) -> str:
    """The text without characters that would steer a terminal, or break the line."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def _dialect(path: Path, name: str, layout: Layout) -> Dialect | None:
    if name not in _DELIMITED:
        return None
    delimiter = layout.delimiter or ("\t" if name == "tsv" else None)
    return find_dialect(path, replace(layout, delimiter=delimiter))


def _encoding(path: Path, layout: Layout) -> str:
    start = first_bytes(path, SAMPLE_BYTES if layout.encoding is None else len(codecs.BOM_UTF8))
    name = find_encoding(start) if layout.encoding is None else checked_encoding(layout.encoding)
    marked = " with BOM" if name.startswith("utf") and start.startswith(_BOMS) else ""
    return f"{_SPELT.get(name, name)}{marked}"


def _header(records: Records, layout: Layout) -> bool:
    return has_names(records.columns) if layout.header is None else layout.header
