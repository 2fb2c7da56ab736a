"""Fields inside of objects, by dotted names: `ticket.body` is what `{"ticket": {"body": ...}}` has there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from textcnn.reading.guessing.column_names import is_known

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DEEPEST: Final = 6
"""Objects within each other whose fields get names of their own."""
_MOST: Final = 1000
"""Names of one record: an object of very many keys is data, and no columns."""


def value_at(values: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401  # as the file has it
    """The value of a column, or of a field inside of one; None where there is none.

    A column of the whole name goes first: names of columns may have dots, too.
    """
    if name in values or "." not in name:
        return values.get(name)
    for place, character in enumerate(name):
        inner = values.get(name[:place]) if character == "." else None
        if isinstance(inner, dict) and (value := value_at(inner, name[place + 1 :])) is not None:
            return value
    return None


def flat(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values with the fields of objects under their dotted names, instead of the objects.

    An object under the name of a text or label stays beside its fields: what it is for is clear, and none of
    its fields may be guessed to be that.
    """
    if not any(isinstance(value, dict) for value in values.values()):
        return values
    pairs: dict[str, Any] = {}
    for name, value in _fields(values, "", 1):
        pairs[name] = value
        if len(pairs) > _MOST:
            return values
    return pairs


def _fields(values: Mapping[str, Any], before: str, depth: int) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        is_nested = isinstance(value, dict) and bool(value) and depth < _DEEPEST
        if not is_nested or is_known(name):
            yield f"{before}{name}", value
        if is_nested:
            yield from _fields(value, f"{before}{name}.", depth + 1)
