"""`textcnn repo`: the versions of the models, and which of them is live."""

# Typer reads the annotations when the command is built, so they are no strings here.
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from textcnn.commands.options import AsJsonList
from textcnn.pages import terminal

if TYPE_CHECKING:
    from textcnn.service.versions.repository import Repository
    from textcnn.service.versions.version import Version

repo = typer.Typer(no_args_is_help=True, help="Keep versions of models: add, promote, roll back, remove.")

_COLUMNS = ("Model", "Version", "Standing", "Origin", "Accuracy", "Macro-F1", "Verdict")

DataDirOption = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        envvar="TEXTCNN_DATA_DIR",
        help="Where the repository lies; ~/.local/share/textcnn when not said.",
    ),
]
DatabaseUrlOption = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        envvar="TEXTCNN_DATABASE_URL",
        help="postgresql://user@host/name for several hosts; else a SQLite file in the data directory.",
    ),
]
Model = Annotated[str, typer.Argument(help="The model's name.")]
VersionOrAlias = Annotated[str, typer.Argument(metavar="VERSION", help="Its 12 digits, or live or previous.")]


@repo.command("list")
def list_versions(
    model: Annotated[str | None, typer.Argument(help="One model; all when not said.")] = None,
    *,
    as_json: AsJsonList = False,
    data_directory: DataDirOption = None,
) -> None:
    """List the versions, the newest first."""
    repository = _open(data_directory)
    if model is not None and not repository.versions(model):
        repository.version(model, "live")  # says that there is no such model
    names = repository.names() if model is None else [model]
    versions = [version for name in names for version in repository.versions(name)]
    if as_json:
        terminal.write_json([version.to_dict() for version in versions])
        return
    terminal.console().print(terminal.table("", _COLUMNS, map(_row, versions), words=4))


@repo.command()
def add(
    model: Model,
    source: Annotated[Path, typer.Argument(help="A model directory, or one packed as .tar.gz.")],
    *,
    promote: Annotated[bool, typer.Option("--promote", help="Make it live at once.")] = False,
    data_directory: DataDirOption = None,
    database_url: DatabaseUrlOption = None,
) -> None:
    """Add a model as a version; it is tried by a process of its own, and copied."""
    from textcnn.service.settings import Settings
    from textcnn.service.versions.trial import Trial

    repository, is_packed = _open(data_directory, database_url), source.is_file()
    trial = Trial.of(Settings.of(), is_sent=is_packed)
    if is_packed:
        with source.open("rb") as stream:
            version = repository.add_archive(model, stream, trial=trial)
    else:
        version = repository.add(model, source, trial=trial)
    if promote:
        version = repository.promote(model, version.version)
    _say(version)


@repo.command()
def promote(
    model: Model,
    version: VersionOrAlias,
    *,
    data_directory: DataDirOption = None,
    database_url: DatabaseUrlOption = None,
) -> None:
    """Make a version the live one; the one that was live becomes the previous one."""
    _say(_open(data_directory, database_url).promote(model, version))


@repo.command()
def rollback(
    model: Model, *, data_directory: DataDirOption = None, database_url: DatabaseUrlOption = None
) -> None:
    """Make the previous version live again."""
    _say(_open(data_directory, database_url).rollback(model))


@repo.command()
def remove(
    model: Model,
    version: VersionOrAlias,
    *,
    data_directory: DataDirOption = None,
    database_url: DatabaseUrlOption = None,
) -> None:
    """Remove a version for ever; never the live one."""
    _open(data_directory, database_url).remove(model, version)
    terminal.write_line(f"{model}: removed {version}")


@repo.command()
def prune(
    model: Model,
    *,
    keep: Annotated[int, typer.Option(help="How many of the newest stay, besides live and previous.")] = 5,
    data_directory: DataDirOption = None,
    database_url: DatabaseUrlOption = None,
) -> None:
    """Remove old versions."""
    removed = _open(data_directory, database_url).prune(model, keep)
    terminal.write_line(f"{model}: removed {', '.join(removed) or 'none'}")


@repo.command()
def export(
    model: Model,
    version: VersionOrAlias,
    out: Annotated[Path, typer.Option(help="The .tar.gz file to write.")],
    *,
    data_directory: DataDirOption = None,
) -> None:
    """Pack a version as one file, to be added elsewhere."""
    from textcnn.service.versions.archive import pack

    directory = _open(data_directory).version(model, version).directory()
    with out.open("xb") as stream:
        pack(directory, stream)
    terminal.write_line(f"{out}: {model} {directory.version()}, {terminal.disk_size(out.stat().st_size)}")


def _open(data_directory: Path | None, database_url: str | None = None) -> "Repository":
    from textcnn.service.versions.repository import Repository, default_data_directory

    return Repository.at(data_directory or default_data_directory(), database_url)


def _say(version: "Version") -> None:
    terminal.write_line(f"{version.model}: {version.version}{' is live' if version.live else ', not live'}")


def _row(version: "Version") -> tuple[str, ...]:
    metrics = version.to_dict()["metrics"]
    standing = "live" if version.live else "previous" if version.previous else ""
    scores = [metrics.get(key) for key in ("accuracy", "macro_f1")]
    shown = ["-" if score is None else f"{score:.4f}" for score in scores]
    verdict = (version.decision or {}).get("verdict", "")
    return version.model, version.version, standing, version.origin, *shown, verdict
