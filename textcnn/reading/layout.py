"""How a labelled file is laid out, as far as the user says; the rest is found from the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from textcnn.errors import ConfigError
from textcnn.reading.encoding import checked_encoding

FORMATS: Final = ("csv", "tsv", "jsonl", "parquet", "arrow", "fasttext", "tabbed", "lines", "folder")
"""`tabbed` is `label<TAB>text` without header or quoting; `lines` is one unlabelled text per line."""


@dataclass(frozen=True)
class Layout:
    """How to read a file; what is None or empty is found from the file itself.

    Raises:
        ConfigError: the format, the delimiter or the encoding is not one that can be read.
    """

    format: str | None = None
    """One of `FORMATS`."""
    text_columns: tuple[str, ...] = ()
    """Joined with a newline when there are several. Columns without a header are called "1", "2", ..."""
    label_column: str | None = None
    delimiter: str | None = None
    header: bool | None = None
    encoding: str | None = None
    label_separator: str | None = None
    """Splits a delimited label cell into the labels of a multi-label corpus."""

    def __post_init__(self) -> None:
        if self.format is not None and self.format not in FORMATS:
            message = f"format '{self.format}' is not known; expected one of {', '.join(FORMATS)}"
            raise ConfigError(message, field="format")
        if self.delimiter is not None and (len(self.delimiter) != 1 or self.delimiter in '"\r\n'):
            message = f"the delimiter {self.delimiter!r} cannot be used; expected one character, such as ','"
            raise ConfigError(message, field="delimiter")
        if self.label_separator == "":
            raise ConfigError("the label separator is empty; expected some text", field="label_separator")
        if self.encoding is not None:
            checked_encoding(self.encoding)
