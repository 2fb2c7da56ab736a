"""The options that say how a labelled file is laid out, shared by every verb that reads one."""

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from textcnn.reading.layout import Layout

_PANEL = "Layout of the file (found from the file when not said)"

OPTIONS = {
    "format": Annotated[
        str | None,
        typer.Option(
            "--format",
            help="csv, tsv, jsonl, parquet, arrow, fasttext, tabbed (label<TAB>text), lines or folder.",
            rich_help_panel=_PANEL,
        ),
    ],
    "text_column": Annotated[
        str | None,
        typer.Option(
            "--text-column",
            help="Column of the text; several, such as subject,body, are joined with a newline.",
            rich_help_panel=_PANEL,
        ),
    ],
    "label_column": Annotated[
        str | None,
        typer.Option("--label-column", help="Column of the label.", rich_help_panel=_PANEL),
    ],
    "delimiter": Annotated[
        str | None,
        typer.Option("--delimiter", help="One character, or 'tab'.", rich_help_panel=_PANEL),
    ],
    "header": Annotated[
        bool | None,
        typer.Option(
            "--header/--no-header",
            help="Whether the first row names the columns; without names they are 1, 2, ...",
            rich_help_panel=_PANEL,
        ),
    ],
    "encoding": Annotated[
        str | None,
        typer.Option("--encoding", help="Such as utf-8, gb18030 or latin-1.", rich_help_panel=_PANEL),
    ],
    "label_separator": Annotated[
        str | None,
        typer.Option(
            "--label-separator",
            help="Splits a label cell into several labels, for multi-label CSV.",
            rich_help_panel=_PANEL,
        ),
    ],
}
"""Each option by its name in `layout_from_options`."""


def takes_layout(verb: Callable[..., None]) -> Callable[..., None]:
    """The verb for the command line: with these options in place of its argument `layout`."""

    def command(**arguments: Any) -> None:  # noqa: ANN401  # typer checks them
        said = {name: arguments.pop(name) for name in OPTIONS}
        verb(**arguments, layout=layout_from_options(**said))

    own = inspect.signature(verb)
    kept = [parameter for name, parameter in own.parameters.items() if name != "layout"]
    keyword = inspect.Parameter.KEYWORD_ONLY
    added = [
        inspect.Parameter(name, keyword, default=None, annotation=annotation)
        for name, annotation in OPTIONS.items()
    ]
    # Typer reads the signature for the order and the annotations for the types.
    command.__signature__ = own.replace(parameters=[*kept, *added])  # type: ignore[attr-defined]  # as inspect reads it
    command.__annotations__ = {each.name: each.annotation for each in (*kept, *added)}
    command.__name__, command.__doc__ = verb.__name__, verb.__doc__
    return command


def layout_from_options(
    *,
    format: str | None = None,  # noqa: A002 - the option's own name
    text_column: str | None = None,
    label_column: str | None = None,
    delimiter: str | None = None,
    header: bool | None = None,
    encoding: str | None = None,
    label_separator: str | None = None,
) -> "Layout":
    """The layout that the options say; None leaves a part to be found from the file.

    Raises:
        ConfigError: an option has an impossible value.
    """
    from textcnn.reading.layout import Layout

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
