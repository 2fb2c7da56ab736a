"""How a labelled file is laid out, as far as the user says; the rest is found from the file.

`Layout` declares each part once, with the words that explain it. Options of commands, fields of a form
and stored jobs are made of that (`FIELDS`), so that a value means the same wherever it is said.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from textcnn.errors import ConfigError
from textcnn.reading.encoding import checked_encoding
from textcnn.reading.format_table import EXPORTS, FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


QUOTINGS: Final = ("double", "none")
LONGEST: Final = 10_000
"""Characters of a part of the layout, several names together."""


def _said(
    help: str,  # noqa: A002 - as typer calls it
    *,
    name: str | None = None,
    is_flag: bool = False,
    parse: Callable[[str], object] | None = None,
    write: Callable[[Any], str] = str,
) -> dict[str, Any]:
    """How a part is said in an option or a form: under another name, or as text that has to be read."""
    return {"help": help, "name": name, "is_flag": is_flag, "parse": parse, "write": write}


def _formats() -> str:
    """Their names, each with its note, and those of the exports of annotation tools."""
    names = (f"{name} ({each.note})" if each.note else name for name, each in FORMATS.items())
    return f"{', '.join(names)}; an annotation tool's export: {', '.join(EXPORTS)}"


def _column_names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _delimiter(text: str) -> str:
    return "\t" if text in ("tab", r"\t") else text


_FIRST_PARTS: Final = frozenset(
    ("format", "text_columns", "label_column", "delimiter", "header", "encoding", "label_separator")
)
"""The parts that every release has written."""


@dataclass(frozen=True)
class Layout:
    """How to read a file; what is None or empty is found from the file itself.

    Raises:
        ConfigError: the format, the delimiter or the encoding is not one that can be read.
    """

    format: str | None = field(
        default=None,
        metadata=_said(f"{_formats()}."),
    )
    """One of `FORMATS` or `EXPORTS`."""
    text_columns: tuple[str, ...] = field(
        default=(),
        metadata=_said(
            "Column of the text; several, such as subject,body, are joined with a newline.",
            name="text_column",
            parse=_column_names,
            write=",".join,
        ),
    )
    """Columns without a header are called "1", "2", ..."""
    label_column: str | None = field(default=None, metadata=_said("Column of the label."))
    label_columns: tuple[str, ...] = field(
        default=(),
        metadata=_said(
            "Columns of 0 and 1, one for each label, such as billing,delivery; also the names of the places "
            "of a list of 0 and 1.",
            parse=_column_names,
            write=",".join,
        ),
    )
    delimiter: str | None = field(default=None, metadata=_said("One character, or 'tab'.", parse=_delimiter))
    header: bool | None = field(
        default=None,
        metadata=_said(
            "Whether the first row names the columns; without names they are 1, 2, ...", is_flag=True
        ),
    )
    encoding: str | None = field(default=None, metadata=_said("Such as utf-8, gb18030 or latin-1."))
    label_separator: str | None = field(
        default=None, metadata=_said("Splits a label cell into several labels, for multi-label CSV.")
    )
    quoting: str | None = field(
        default=None,
        metadata=_said(
            'Whether fields of CSV and TSV are quoted: double (with ") or none (quotes are text).'
        ),
    )
    """One of `QUOTINGS`."""
    sheet: str | None = field(
        default=None, metadata=_said("Sheet of an Excel workbook; the first one if not said.")
    )

    skip_unlabelled: bool | None = field(
        default=None,
        metadata=_said(
            "Leave out rows without a label, and count them; not said, the first one is an error.",
            is_flag=True,
        ),
    )

    def __post_init__(self) -> None:
        if self.format is not None and self.format not in {*FORMATS, *EXPORTS}:
            known = ", ".join((*FORMATS, *EXPORTS))
            message = f"format '{self.format}' is not known; expected one of {known}"
            raise ConfigError(message, field="format")
        if self.delimiter is not None and (len(self.delimiter) != 1 or self.delimiter in '"\r\n'):
            message = f"the delimiter {self.delimiter!r} cannot be used; expected one character, such as ','"
            raise ConfigError(message, field="delimiter")
        if self.quoting is not None and self.quoting not in QUOTINGS:
            message = f"quoting '{self.quoting[:40]}' is not known; expected {' or '.join(QUOTINGS)}"
            raise ConfigError(message, field="quoting")
        if self.label_separator == "":
            raise ConfigError("the label separator is empty; expected some text", field="label_separator")
        if "\\" in (self.label_separator or ""):
            message = "the label separator holds a backslash, which marks separators inside of labels"
            raise ConfigError(f"{message}; expected other text, such as ';'", field="label_separator")
        if len({*self.label_columns}) != len(self.label_columns) or len(self.label_columns) == 1:
            message = (
                "label_columns names one column, or one twice; expected a column for each of several labels"
            )
            raise ConfigError(message, field="label_columns")
        if self.encoding is not None:
            checked_encoding(self.encoding)
        words = {
            "text_column": ",".join(self.text_columns),
            "label_column": self.label_column,
            "label_columns": ",".join(self.label_columns),
            "label_separator": self.label_separator,
            "sheet": self.sheet,
        }
        for said, name in words.items():
            check_words(name or "", said)

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Layout:
        """The layout that options or a form's fields say, by the names in `FIELDS`; None says nothing.

        Raises:
            ConfigError: a value is impossible.
        """
        given = [(each, fields[each.name]) for each in FIELDS if fields.get(each.name) is not None]
        return cls(**{each.attribute: each.parse(value) for each, value in given})

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Layout:
        """The layout that `to_json` wrote, also in an earlier release; a part that is absent is not said.

        Raises:
            ConfigError: a part is not known, or a value is impossible.
        """
        unknown = sorted(values.keys() - {each.attribute for each in FIELDS})
        if unknown:
            raise ConfigError(f"the layout has an unknown part '{unknown[0][:40]}'", field="layout")
        several = {name: tuple(values.get(name) or ()) for name in ("text_columns", "label_columns")}
        return cls(**{**values, **several})

    def to_json(self) -> dict[str, Any]:
        """Every part, as plain JSON values; one of later releases only where it is said.

        So what an earlier release can do stays a layout that it can read.
        """
        values = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in dataclasses.asdict(self).items()
        }
        return {
            name: value for name, value in values.items() if name in _FIRST_PARTS or value not in (None, [])
        }

    def to_options(self) -> list[str]:
        """The given parts, as arguments of a command line that reads them back."""
        return [word for each in FIELDS for word in each.options(getattr(self, each.attribute))]


def check_words(words: str, field: str) -> None:
    """Refuse words that cannot be passed on, to another process or a file.

    Raises:
        ConfigError: they hold NUL or half a surrogate pair, or are too long; they are not repeated.
    """
    if len(words) > LONGEST:
        raise ConfigError(
            f"{field} has {len(words):,} characters; at most {LONGEST:,} are taken", field=field
        )
    if "\0" in words or any("\ud800" <= character <= "\udfff" for character in words):
        raise ConfigError(f"{field} holds NUL or half a character; expected text", field=field)


@dataclass(frozen=True, slots=True)
class LayoutField:
    """A part of a layout as an option of the command line or a field of a form."""

    name: str
    attribute: str
    """Of `Layout`."""
    help: str
    is_flag: bool
    """True or false, and not text."""
    _parse: Callable[[str], object] | None
    _write: Callable[[Any], str]

    @property
    def flags(self) -> tuple[str, ...]:
        """Such as `--text-column`; of a flag, that for true and that for false."""
        name = self.name.replace("_", "-")
        return (f"--{name}", f"--no-{name}") if self.is_flag else (f"--{name}",)

    def parse(self, value: Any) -> Any:  # noqa: ANN401  # text or a truth value, to what the attribute holds
        """The attribute's value of what was said."""
        return self._parse(value) if self._parse else value

    def options(self, value: Any) -> list[str]:  # noqa: ANN401  # of the attribute
        """The words that say this value; none where there is nothing to say."""
        if value in (None, ()):
            return []
        return [self.flags[not value]] if self.is_flag else [*self.flags, self._write(value)]


FIELDS: Final = tuple(
    LayoutField(
        name=each.metadata["name"] or each.name,
        attribute=each.name,
        help=each.metadata["help"],
        is_flag=each.metadata["is_flag"],
        _parse=each.metadata["parse"],
        _write=each.metadata["write"],
    )
    for each in dataclasses.fields(Layout)
)
"""All parts, in their order."""
