"""The fields that tell the layout of a file, in a query or a form: those of `textcnn.reading.layout`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from textcnn.reading.layout import FIELDS, Layout, LayoutField

if TYPE_CHECKING:

    class LayoutFields(msgspec.Struct):
        """The base of a request that comes with a file; each field is optional."""


def _typed(field: LayoutField) -> tuple[str, Any, None]:
    kind: Any = bool if field.is_flag else str
    return field.name, Annotated[kind | None, msgspec.Meta(description=field.help)], None


if not TYPE_CHECKING:
    LayoutFields = msgspec.defstruct("LayoutFields", [_typed(each) for each in FIELDS], module=__name__)


def layout_of(fields: LayoutFields) -> Layout:
    """The layout that the fields of a request describe.

    Raises:
        ConfigError: a format, delimiter or encoding is not one that can be read.
    """
    return Layout.from_fields(msgspec.structs.asdict(fields))
