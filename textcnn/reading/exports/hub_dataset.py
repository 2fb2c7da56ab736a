"""Rows of a Hugging Face dataset: `hf:NAME[:CONFIG][@SPLIT]`, where NAME may be a local directory."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from textcnn.errors import CorpusError, MissingExtraError
from textcnn.reading.record import EndOfFile, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from datasets import Dataset
    from datasets.features.features import FeatureType

_NAME: Final = re.compile(r"(?P<name>[^:@]+)(?::(?P<config>[^@]+))?(?:@(?P<split>.+))?")
_SAVED: Final = ("dataset_dict.json", "state.json")
_BATCH_ROWS: Final = 1000


@dataclass(frozen=True)
class HubName:
    """The parts of `hf:NAME[:CONFIG][@SPLIT]`."""

    name: str
    config: str | None = None
    split: str = "train"

    @classmethod
    def parse(cls, source: str) -> HubName:
        """The parts of a name; a directory that has `:` or `@` in its path is taken whole.

        Raises:
            CorpusError: the name is empty or has parts in another order.
        """
        rest = source.removeprefix("hf:")
        if Path(rest).is_dir() and rest:
            return cls(rest)
        match = _NAME.fullmatch(rest)
        if match is None:
            raise CorpusError(
                "not a dataset's name; expected hf:NAME, hf:NAME:CONFIG or hf:NAME@SPLIT", file=source
            )
        return cls(match["name"], match["config"], match["split"] or "train")


def read_hub(source: str) -> Iterator[Record | EndOfFile]:
    """The rows of a dataset, memory-mapped by `datasets`; class numbers become their names.

    Raises:
        CorpusError: the dataset, its configuration or its split cannot be loaded.
        MissingExtraError: the library `datasets` is not installed.
    """
    hub_name = HubName.parse(source)
    try:
        import datasets
    except ImportError as error:
        raise MissingExtraError("Reading Hugging Face datasets", "train") from error
    try:
        dataset = _load(datasets, hub_name)
    except (OSError, ValueError, RuntimeError, KeyError, datasets.exceptions.DatasetsError) as error:
        reason = next(iter(str(error).splitlines()), "").strip()[:300]
        raise CorpusError(f"the dataset cannot be loaded: {reason}", file=source) from error
    return _records(source, dataset)


def _load(datasets: ModuleType, hub_name: HubName) -> Dataset:
    directory = Path(hub_name.name)
    if not any((directory / name).is_file() for name in _SAVED):
        return datasets.load_dataset(hub_name.name, hub_name.config, split=hub_name.split)
    saved = datasets.load_from_disk(hub_name.name)
    return saved[hub_name.split] if isinstance(saved, datasets.DatasetDict) else saved


def _records(source: str, dataset: Dataset) -> Iterator[Record | EndOfFile]:
    namers = {name: namer for name, feature in dataset.features.items() if (namer := _namer(feature))}
    row = 0
    for table in dataset.with_format("arrow").iter(batch_size=_BATCH_ROWS):
        for values in table.to_pylist():
            row += 1
            values.update((name, namer(values[name])) for name, namer in namers.items())
            yield Record(row, source, values)
    yield EndOfFile(source, dataset.num_rows)


def _namer(feature: FeatureType) -> Callable[[Any], object] | None:
    """A function that turns a class's number, or a list of them, into names; None for any other column."""
    if hasattr(feature, "int2str"):
        # -1 marks a row whose label is withheld.
        return lambda value: None if value is None or value < 0 else feature.int2str(value)
    inner = _namer(feature.feature) if hasattr(feature, "feature") else None
    return inner and (lambda values: values and [inner(value) for value in values])
