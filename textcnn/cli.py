"""The one command, `textcnn`: its own verbs, and those that other packages add.

A package adds a verb by an entry point of the group `textcnn.commands`: a function that typer can make a
command of, or a whole typer app. Modules of verbs are light; what is heavy they import when they run.
"""

from __future__ import annotations

import errno
import io
import os
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from inspect import cleandoc
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from textcnn.commands.crash_guard import outlive_a_crash, reads_a_file
from textcnn.commands.suggesting_command import SuggestingCommand
from textcnn.errors import TextCNNError
from textcnn.pages.terminal import visible

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

PLUGINS = "textcnn.commands"
"""The entry-point group."""

OWN_VERBS = ("classify", "errors", "evaluate", "explain", "filters", "inspect", "models")
"""Each is the function of its name in the module of its name in `textcnn.commands`."""

_OF_WRITING = (errno.EBADF, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ENOSPC)

Verb = Callable[..., Any] | typer.Typer


def main() -> None:
    """The console entry: runs the verb that the command line names, and exits.

    Exit codes: 0 all well; 1 a check found something, or the reader of the output went away; 2 what was given
    cannot be used, with one line on standard error; 130 interrupted.
    """
    _open_standard_streams()
    _speak_utf8()
    try:
        if reads_a_file(sys.argv[1:]):
            outlive_a_crash()
        # Only the verb that runs is loaded; anything else, such as --help, needs all.
        only = sys.argv[1] if sys.argv[1:2] and sys.argv[1] in OWN_VERBS else None
        try:
            build_app(only)(prog_name="textcnn")
        finally:
            sys.stdout.flush()
    except TextCNNError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # as `| head` does
        _write_nowhere()
        sys.exit(1)
    except OSError as error:
        _write_nowhere()
        _fail(f"{_what_failed(error)}{error.strerror or error}.")


def build_app(only: str | None = None) -> typer.Typer:
    """The command with all its verbs, or with one of its own verbs alone."""
    app = typer.Typer(
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    app.callback()(_options)
    for name in OWN_VERBS if only is None else (only,):
        _add(app, name, getattr(import_module(f"textcnn.commands.{name}"), name))
    if only is None:
        for entry in _plugins():
            _add_plugin(app, entry)
    return app


def _options(
    *,
    version: Annotated[  # its callback does the work
        bool,
        typer.Option(
            "--version", help="Show the version and exit.", callback=lambda on: _version(on=on), is_eager=True
        ),
    ] = False,
) -> None:
    """Label texts with TextCNN models: use them, judge them, train them, serve them."""


def _version(*, on: bool) -> None:
    if on:
        from importlib.metadata import version

        typer.echo(f"textcnn {version('textcnn')}")
        raise typer.Exit


def _plugins() -> list[EntryPoint]:
    """The entry points of other packages, by name; our own verbs cannot be replaced."""
    from importlib.metadata import entry_points

    found = {entry.name: entry for entry in entry_points(group=PLUGINS) if entry.name not in OWN_VERBS}
    return [found[name] for name in sorted(found)]


def _add_plugin(app: typer.Typer, entry: EntryPoint) -> None:
    """Add a plugin's verb; one that cannot be loaded says so when it is used, and harms no other."""
    try:
        _add(app, entry.name, entry.load())
    except Exception as error:  # it is foreign code: anything may be wrong with it
        anything = {"ignore_unknown_options": True, "allow_extra_args": True}
        app.command(entry.name, context_settings=anything)(_unusable(entry, error))


def _add(app: typer.Typer, name: str, verb: Verb) -> None:
    if isinstance(verb, typer.Typer):
        for command in verb.registered_commands:
            command.cls = SuggestingCommand if command.cls in (None, TyperCommand) else command.cls
        app.add_typer(verb, name=name)
    else:
        app.command(name, cls=SuggestingCommand, help=_reflow(verb.__doc__ or ""))(verb)


def _reflow(docstring: str) -> str:
    """A docstring whose lines within a paragraph are joined, since a terminal has its own width."""
    return re.sub(r"\n(?![\n\s*-])(?<!\n\n)", " ", cleandoc(docstring))


def _unusable(entry: EntryPoint, error: Exception) -> Callable[[], None]:
    def verb() -> None:
        """Cannot be loaded in this installation."""
        if isinstance(error, TextCNNError):
            raise error
        cause = f"{type(error).__name__}: {error}"
        raise TextCNNError(f"The verb '{entry.name}' ({entry.value}) cannot be loaded: {cause}.") from error

    return verb


def _fail(message: str) -> None:
    """Say in one line what is wrong, and exit."""
    with suppress(OSError):  # nobody can be told
        sys.stderr.write(f"textcnn: error: {visible(' '.join(message.split()))}\n")
        sys.stderr.flush()
    sys.exit(2)


def _what_failed(error: OSError) -> str:
    """The file that cannot be used; without a name it is standard output, or one that was being written."""
    if error.filename:
        return f"{error.filename}: "
    return "The output cannot be written: " if error.errno in _OF_WRITING else ""


def _write_nowhere() -> None:
    """Let what is left for standard output go nowhere, where it goes nowhere else: Python flushes at exit."""
    with suppress(OSError):
        sys.stdout.flush()
        return
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _open_standard_streams() -> None:
    """Put something in the place of standard streams that are closed, as `>&-` does.

    Otherwise the next file that is opened would be taken for the stream. What is written to standard output
    fails, as it must; messages go nowhere.
    """
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(_nothing(os.O_RDONLY))))
    if sys.stdout is None:
        sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(_nothing(os.O_RDONLY), "w")))
    if sys.stderr is None:
        sys.stderr = io.TextIOWrapper(io.BufferedWriter(io.FileIO(_nothing(os.O_WRONLY), "w")))


def _nothing(how: int) -> int:
    """An open file without content; its number is the lowest that is free."""
    return os.open(os.devnull, how)


def _speak_utf8() -> None:
    """Write UTF-8 whatever the locale, as what is read is UTF-8 too; what no UTF-8 can hold becomes `?`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
