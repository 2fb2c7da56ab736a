"""A verb that suggests the right option in place of one that it does not have."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, Final

from typer.core import TyperCommand

from textcnn.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

SETTING: Final = "--set"
"""The option by which a verb takes keys of the recipe."""
_SYNONYMS: Final = {
    "-o": "--out",
    "--output": "--out",
    "--output-dir": "--out",
    "--model-dir": "--out",
    "--overwrite": "--replace",
    "--force": "--replace",
    "--sep": "--delimiter",
    "--separator": "--delimiter",
    "--config": "--recipe",
    "--random-state": "--seed",
    "--valid": "--validation",
    "--dev": "--validation",
    "--cv": "--folds",
    "--ignore-unlabelled": "--skip-unlabelled",
    "--skip-unlabeled": "--skip-unlabelled",
}
"""The names of other tools for options of ours; taken where a verb has them."""


class SuggestingCommand(TyperCommand):
    """A verb of the command line."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401  # typer's, or click's
        """Read the arguments; an option that there is not is told with the one that was meant."""
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except Exception as error:
            # Typer brings a click of its own, and earlier ones took the installed one: there is no one class.
            if hasattr(error, "possibilities"):
                self._suggest(error, given)
            raise

    def _suggest(self, error: Any, given: Sequence[str]) -> None:  # noqa: ANN401
        """Put what was meant in place of all that begins alike."""
        name = error.option_name
        options = [option for each in self.params for option in (*each.opts, *each.secondary_opts)]
        meant = _SYNONYMS[name] if _SYNONYMS.get(name) in options else _of_recipe(name, options, given)
        meant = meant or nearest(name, [option for option in options if option.startswith("--")])
        meant = meant or _of_recipe(name, options, given, nearly=True)
        if meant is not None:
            error.message, error.possibilities = f"{error.message}. Did you mean {meant}?", None


def _of_recipe(
    name: str, options: Sequence[str], given: Sequence[str], *, nearly: bool = False
) -> str | None:
    """The option that sets the key which a wrong one names, where a verb takes keys of the recipe."""
    if SETTING not in options or not name.startswith("--"):
        return None
    from textcnn.recipe import known_key, likely_key

    key = (likely_key if nearly else known_key)(name.removeprefix("--").removeprefix("no-"))
    if key is None:
        return None
    option = f"--{key.replace('_', '-')}"  # some verbs have an option of their own for it
    return option if option in options else f"{SETTING} {shlex.quote(f'{key}={_value(name, given)}')}"


def _value(name: str, given: Sequence[str]) -> str:
    """The value that stands beside an option; one that has none switches something on or off."""
    for place, word in enumerate(given):
        if word.startswith(f"{name}="):
            return word.partition("=")[2][:40]
        if word == name and given[place + 1 :] and not given[place + 1].startswith("--"):
            return given[place + 1][:40]
    return "false" if name.startswith("--no-") else "true"
