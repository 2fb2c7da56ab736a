"""`textcnn keys`: API keys for the service."""

# Typer reads the annotations when the command is built, so they are no strings here.
from typing import Annotated

import typer

from textcnn.errors import ConfigError, MissingExtraError
from textcnn.pages import terminal

app = typer.Typer(no_args_is_help=True, help="Make API keys for `textcnn serve`.")


@app.callback()
def keys() -> None:
    """Make API keys for `textcnn serve`."""


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Whose key it is; the log names it.")],
    *,
    scope: Annotated[
        list[str] | None,
        typer.Option(help="classify (when not said) or admin; may be repeated."),
    ] = None,
) -> None:
    """Print a new key, and the line that lets the service know it.

    The key is printed once, on standard error, and kept nowhere. The line goes to standard output, so that
    `textcnn keys new NAME >> keys.txt` adds it to a key file.
    """
    try:
        from textcnn.service.http.access import KeyScope
        from textcnn.service.http.keys import new_key
    except ImportError as error:
        raise MissingExtraError("The service", "serve") from error

    scopes = scope or [KeyScope.CLASSIFY.value]
    unknown = [each for each in scopes if each not in list(KeyScope)]
    if unknown:
        raise ConfigError(f"There is no scope '{unknown[0]}'; say {' or '.join(KeyScope)}.", field="scope")
    secret, key = new_key(name, map(KeyScope, scopes))
    terminal.say(f"The key of {name}, shown this once: {secret}")
    terminal.write_line(key.line())
