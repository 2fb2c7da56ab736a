"""Arguments and options that several verbs of training take, each declared once."""

from pathlib import Path
from typing import Annotated

import typer

_CORPUS = typer.Argument(help="Labelled files, folders per label, or hf:NAME; several are joined.")

CorpusFiles = Annotated[list[str], _CORPUS]
CorpusFilesIfAny = Annotated[list[str] | None, _CORPUS]
ValidationFiles = Annotated[
    list[str] | None, typer.Option(help="Rows to choose the epoch by; may be repeated.")
]
TestFiles = Annotated[
    list[str] | None,
    typer.Option(help="Rows to report figures on, never looked at before; may be repeated."),
]
MultiLabel = Annotated[
    bool | None,
    typer.Option(help="Texts may have several labels or none; found from the rows when not said."),
]

RecipeFile = Annotated[Path | None, typer.Option(help="A TOML file of choices, or a model's training.json.")]
RecipeSettings = Annotated[
    list[str] | None, typer.Option("--set", help="One choice, key=value; wins over the file.")
]
Seed = Annotated[int | None, typer.Option(help="Short for --set seed=N.")]

_OUT = typer.Option(help="The model directory to write.")

OutDirectory = Annotated[Path, _OUT]
OutDirectoryIfAny = Annotated[Path | None, _OUT]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with an interrupted training.")]
Replace = Annotated[bool, typer.Option("--replace", help="Write over the model in --out.")]
Source = Annotated[str, typer.Option(help="A sentence on the data, for the model card.")]
AsJsonLines = Annotated[bool, typer.Option("--json", help="Progress and result as JSON lines.")]
