"""The names of Hugging Face's `ClassLabel` numbers, which `datasets` writes into the schema of a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from textcnn.reading.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from textcnn.reading.account import Item

    Namer = Callable[[Any], object]
    """From a number, or a list of them, to names; a ValueError says what is wrong with it."""

_KEY: Final = b"huggingface"


def named_classes(items: Iterable[Item], metadata: Mapping[bytes, bytes] | None) -> Iterator[Item]:
    """The records with names instead of the numbers of classes, as the metadata of the schema has them."""
    namers = {name: namer for name, each in _features(metadata).items() if (namer := namer_of(each))}
    return (_named(item, namers) for item in items) if namers else iter(items)


def namer_of(feature: Any) -> Namer | None:  # noqa: ANN401  # JSON
    """How the values of a column are named; None for any but classes and lists of them."""
    if isinstance(feature, list):
        feature = {"feature": feature[0]} if len(feature) == 1 else None
    if not isinstance(feature, dict):
        return None
    names = feature.get("names")
    if feature.get("_type") == "ClassLabel" and isinstance(names, list):
        return lambda number: _name(number, names)
    inner = namer_of(feature.get("feature"))
    return inner and (lambda values: [inner(each) for each in values] if isinstance(values, list) else values)


def _name(number: Any, names: list[Any]) -> object:  # noqa: ANN401
    """The name of a class; -1 marks a row whose label is withheld."""
    if number is None or isinstance(number, str) or number == -1:
        return number if isinstance(number, str) else None
    if not (isinstance(number, int) and 0 <= number < len(names)):
        raise ValueError(f"is not a number of its {len(names)} classes; write the file again")
    return names[number]


def _named(item: Item, namers: Mapping[str, Namer]) -> Item:
    if not isinstance(item, Record):
        return item
    values = dict(item.values)
    for name, namer in namers.items():
        try:
            values[name] = namer(values.get(name))
        except ValueError as error:
            return item._replace(error=f"'{name[:40]}' {error}")
    return item._replace(values=values)


def _features(metadata: Mapping[bytes, bytes] | None) -> Mapping[str, Any]:
    """The types of the columns, by `datasets`; nothing where the file has none that can be read."""
    try:
        features = json.loads((metadata or {}).get(_KEY, b"{}"))["info"]["features"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return features if isinstance(features, dict) else {}
