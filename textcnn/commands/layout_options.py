"""The options that say how a labelled file is laid out, shared by every verb that reads one."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any, Final

import typer

from textcnn.reading.layout import FIELDS, Layout, LayoutField

_PANEL: Final = "Layout of the file (found from the file when not said)"


def takes_layout(verb: Callable[..., None]) -> Callable[..., None]:
    """The verb for the command line: with options for a layout in place of its argument `layout`."""

    def command(**arguments: Any) -> None:  # noqa: ANN401  # typer checks them
        options = {each.name: arguments.pop(each.name) for each in FIELDS}
        verb(**arguments, layout=Layout.from_fields(options))

    signature = inspect.signature(verb)
    own_parameters = [parameter for name, parameter in signature.parameters.items() if name != "layout"]
    parameters = [*own_parameters, *map(_parameter, FIELDS)]
    # Typer reads the signature for the order and the annotations for the types.
    command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # as inspect reads it
    command.__annotations__ = {each.name: each.annotation for each in parameters}
    command.__name__, command.__doc__ = verb.__name__, verb.__doc__
    return command


def _parameter(field: LayoutField) -> inspect.Parameter:
    option = typer.Option("/".join(field.flags), help=field.help, rich_help_panel=_PANEL)
    kind: Any = bool if field.is_flag else str
    annotation = Annotated[kind | None, option]
    return inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
