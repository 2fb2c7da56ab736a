"""Arguments and options that verbs of several packages take, each declared once."""

from typing import Annotated

import typer

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
AsJsonList = Annotated[bool, typer.Option("--json", help="A JSON list.")]
