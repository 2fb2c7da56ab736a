"""The options that say how a labelled file is laid out, shared by every command that reads one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from textcnn.layout import Layout

_PANEL = "Layout of the file (found from the file when not said)"

FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        help="csv, tsv, jsonl, parquet, arrow, fasttext, tabbed (label<TAB>text), lines or folder.",
        rich_help_panel=_PANEL,
    ),
]
TextColumnOption = Annotated[
    str | None,
    typer.Option(
        "--text-column",
        help="Column of the text; several, such as subject,body, are joined with a newline.",
        rich_help_panel=_PANEL,
    ),
]
LabelColumnOption = Annotated[
    str | None,
    typer.Option("--label-column", help="Column of the label.", rich_help_panel=_PANEL),
]
DelimiterOption = Annotated[
    str | None,
    typer.Option("--delimiter", help="One character, or 'tab'.", rich_help_panel=_PANEL),
]
HeaderOption = Annotated[
    bool | None,
    typer.Option(
        "--header/--no-header",
        help="Whether the first row names the columns; without names they are 1, 2, ...",
        rich_help_panel=_PANEL,
    ),
]
EncodingOption = Annotated[
    str | None,
    typer.Option("--encoding", help="Such as utf-8, gb18030 or latin-1.", rich_help_panel=_PANEL),
]
LabelSeparatorOption = Annotated[
    str | None,
    typer.Option(
        "--label-separator",
        help="Splits a label cell into several labels, for multi-label CSV.",
        rich_help_panel=_PANEL,
    ),
]


def layout_from_options(
    *,
    format: str | None = None,  # noqa: A002 - the option's own name
    text_column: str | None = None,
    label_column: str | None = None,
    delimiter: str | None = None,
    header: bool | None = None,
    encoding: str | None = None,
    label_separator: str | None = None,
) -> Layout:
    """The layout that the options say; None leaves a part to be found from the file.

    Raises:
        ConfigError: an option has an impossible value.
    """
    from textcnn.layout import Layout

    names = (text_column or "").split(",")
    return Layout(
        format=format,
        text_columns=tuple(name.strip() for name in names if name.strip()),
        label_column=label_column,
        delimiter="\t" if delimiter in ("tab", r"\t") else delimiter,
        header=header,
        encoding=encoding,
        label_separator=label_separator,
    )
