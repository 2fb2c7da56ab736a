"""Arguments and options that verbs of several packages take, each declared once."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from textcnn.reading.columns import KnownColumns

Model = Annotated[str, typer.Argument(help="A bundled model's name, or a model directory.")]
LabelledFile = Annotated[str, typer.Argument(help="A labelled file, a folder per label, or hf:NAME.")]
UnknownBelow = Annotated[
    float | None, typer.Option(help="Name no label when the best score is below this (0 up to 1).")
]
ContradictionsOption = Annotated[
    str | None,
    typer.Option(
        "--contradictions",
        help="Rows of one text under several labels: drop them (also when not said), or keep the majority's.",
    ),
]
KnownColumnsOption = Annotated[
    str | None,
    typer.Option(
        "--known-columns", hidden=True, help="The columns of the model's last corpus, as its training.json."
    ),
]
"""For the process that retrains, which joins the rows of several files first."""
AsJsonList = Annotated[bool, typer.Option("--json", help="A JSON list.")]


def known_columns(said: str | None) -> "KnownColumns | None":
    """The columns that `--known-columns` says."""
    from textcnn.reading.columns import KnownColumns

    return None if said is None else KnownColumns.from_json(json.loads(said))
