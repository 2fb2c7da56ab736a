"""The configuration of a model: its network's shape, its labels and how scores become decisions.

`config.json` of a model directory is exactly a `ModelConfig`. Unknown keys are errors: a key that this
version does not know may change what the model means.
"""

from __future__ import annotations

import dataclasses
import math
import reprlib
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from textcnn.errors import ConfigError

FORMAT_VERSION = 1
"""Raised when a model directory written by this version cannot be read by the one before."""

LEAST_TEMPERATURE = 1e-6
"""Logits are divided by it, and stay numbers."""

LANES = 16
"""Sums of the engine's dense layer that run side by side; zeros fill up the features to whole lanes."""

PAD_ID = 0
UNKNOWN_ID = 1

Channels = Literal["rand", "static", "non-static", "multichannel"]
Activation = Literal["relu", "tanh"]
Pooling = Literal["max", "mean", "max+mean"]
EmbeddingStorage = Literal["float32", "int8"]
TableNumbers = Literal["int16", "float32"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfig:
    """The shape of the network, in the letters of Kim (2014): V x D embeddings, F filters of each width.

    Raises:
        ConfigError: a value is out of its range; the message names it.
    """

    vocabulary_size: int
    """V, the padding row included."""
    outputs: int
    """L, one per label."""
    embedding_dim: int = 128
    """D."""
    channels: Channels = "rand"
    """Kim's four modes: which embeddings there are, and which of them training changes."""
    widths: tuple[int, ...] = (3, 4, 5)
    """w, in tokens."""
    filters: int = 100
    """F, of each width."""
    activation: Activation = "relu"
    """Both are monotone, so they commute with the maximum over time."""
    batch_norm: bool = False
    """Between convolution and activation, over windows that are not padding of the batch."""
    pooling: Pooling = "max"
    """`max+mean` has both for each filter, the maxima of all widths first."""
    dropout: float = 0.5
    """Share of the pooled features left out in each training step."""
    word_dropout: float = 0.0
    """Share of the tokens replaced by the unknown token in each training step."""
    members: int = 1
    """Networks that stand side by side in this one, each with D numbers a token and F filters of each width
    of its own; the logits are the mean of theirs."""

    def __post_init__(self) -> None:
        _require(self.vocabulary_size >= 2, "vocabulary_size", self.vocabulary_size, "at least 2")
        _require(self.outputs >= 1, "outputs", self.outputs, "at least 1")
        _require(self.embedding_dim >= 1, "embedding_dim", self.embedding_dim, "at least 1")
        _require(self.filters >= 1, "filters", self.filters, "at least 1")
        _require(self.members >= 1, "members", self.members, "at least 1")
        _require_one_of("channels", self.channels, get_args(Channels))
        _require_one_of("activation", self.activation, get_args(Activation))
        _require_one_of("pooling", self.pooling, get_args(Pooling))
        distinct = len(set(self.widths)) == len(self.widths)
        possible = bool(self.widths) and distinct and all(1 <= width <= 64 for width in self.widths)
        _require(possible, "widths", self.widths, "one or more distinct numbers from 1 to 64")
        for key in ("dropout", "word_dropout"):
            _require(0 <= getattr(self, key) < 1, key, getattr(self, key), "at least 0 and below 1")

    @property
    def features(self) -> int:
        """Length of the pooled feature vector: one for each filter, or two for two ways of pooling."""
        return self.bank * len(self.widths) * len(self.ways)

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways of pooling, each of which makes one feature of every filter."""
        return ways_of_pooling(self.pooling)

    @property
    def vector_size(self) -> int:
        """Numbers that a token has: D for each member."""
        return self.embedding_dim * self.members

    @property
    def bank(self) -> int:
        """How many filters of one width there are: F for each member."""
        return self.filters * self.members


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """A network, the labels it scores, and how its scores become decisions.

    Raises:
        ConfigError: a value is out of its range; the message names it.
    """

    labels: tuple[str, ...]
    network: NetworkConfig
    multi_label: bool = False
    """Sigmoid and a threshold for each label, instead of a softmax over all."""
    temperature: float = 1.0
    """Logits are divided by it; fitted on validation rows (Guo et al. 2017)."""
    thresholds: tuple[float, ...] = ()
    """Multi-label only, one per label: a label is given when its score reaches its threshold."""
    unknown_below: float = 0.0
    """Single-label only: a best score below it is answered with no label. 0 switches it off."""
    embedding_storage: EmbeddingStorage = "float32"
    tables: TableNumbers = "int16"
    """The numbers in the engine's tables; float32 where int16 moved probabilities too far."""

    def __post_init__(self) -> None:
        _require(len(set(self.labels)) == len(self.labels), "labels", self.labels, "distinct")
        enough = len(self.labels) >= (1 if self.multi_label else 2)
        _require(enough, "labels", self.labels, "at least two (one where texts may have several or none)")
        if len(self.labels) != self.network.outputs:
            raise ConfigError(
                f"The network has {self.network.outputs} outputs for {len(self.labels)} labels; "
                "there must be one for each.",
                field="labels",
            )
        finite = math.isfinite(self.temperature) and self.temperature >= LEAST_TEMPERATURE
        _require(finite, "temperature", self.temperature, f"a number from {LEAST_TEMPERATURE}")
        _require(all(map(_is_text, self.labels)), "labels", self.labels, "text in Unicode")
        expected = len(self.labels) if self.multi_label else 0
        right = len(self.thresholds) == expected and all(0 < value < 1 for value in self.thresholds)
        _require(right, "thresholds", self.thresholds, f"{expected} numbers between 0 and 1")
        if self.multi_label and self.unknown_below:
            raise ConfigError(
                "unknown_below is for models that give one label; a multi-label model has thresholds.",
                field="unknown_below",
            )
        _require(0 <= self.unknown_below < 1, "unknown_below", self.unknown_below, "at least 0 and below 1")
        _require_one_of("embedding_storage", self.embedding_storage, get_args(EmbeddingStorage))
        _require_one_of("tables", self.tables, get_args(TableNumbers))

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values, the format version first."""
        return {"format_version": FORMAT_VERSION, **dataclasses.asdict(self)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> ModelConfig:
        """The inverse of `to_dict`.

        Raises:
            ConfigError: a key is unknown or missing, a value is impossible, or the format is a newer one.
        """
        if not isinstance(values, dict):
            raise ConfigError(f"The configuration is {type(values).__name__}; a JSON object is expected.")
        values = dict(values)
        _require_known_format(values.pop("format_version", None))
        network = values.get("network", {})
        if not isinstance(network, dict):
            raise ConfigError(f"network is {_told(network)}; it must be a JSON object.", field="network")
        if "network" in values:
            values["network"] = _build(NetworkConfig, network, "network")
        return _build(cls, values, "config")


def ways_of_pooling(pooling: Pooling) -> tuple[str, ...]:
    """The ways that a name of `Pooling` stands for, in the order of their features."""
    return tuple(pooling.split("+"))


def _build(kind: type[T], values: dict[str, Any], where: str) -> T:
    """An instance of a config class from JSON values, whose lists become tuples."""
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]  # both are dataclasses
    unknown = sorted(set(values) - set(fields))
    required = {name for name, field in fields.items() if field.default is dataclasses.MISSING}
    missing = sorted(required - set(values))
    if unknown or missing:
        problems = [f"unknown keys {unknown}"] * bool(unknown) + [f"missing keys {missing}"] * bool(missing)
        raise ConfigError(f"{where} has {' and '.join(problems)}.", field=(unknown + missing)[0])
    hints = get_type_hints(kind)
    frozen = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    for key, value in frozen.items():
        if not _is_of(hints[key], value):
            raise ConfigError(f"{key} is {_told(value)}, which is of the wrong type.", field=key)
    return kind(**frozen)


def _is_of(hint: Any, value: object) -> bool:  # noqa: ANN401  # a type, of any form
    """Whether a value from JSON is of a field's type: True is no number here, and 3.0 no count."""
    if get_origin(hint) is tuple:
        return isinstance(value, tuple) and all(_is_of(get_args(hint)[0], each) for each in value)
    if get_origin(hint) is Literal:
        return isinstance(value, str)
    if hint is float:
        return type(value) in (int, float)
    return type(value) is hint


def _require_known_format(version: object) -> None:
    if type(version) is int and version == FORMAT_VERSION:
        return
    if type(version) is int and version > FORMAT_VERSION:
        raise ConfigError(
            f"The model has format version {version}, which a newer textcnn wrote; this one reads up to "
            f"{FORMAT_VERSION}. Upgrade textcnn here, or go back to an earlier version of the model.",
            field="format_version",
        )
    raise ConfigError(
        f"The model has format version {_told(version)}; this version of textcnn reads {FORMAT_VERSION}. "
        "Train it again, or install the version of textcnn that wrote it.",
        field="format_version",
    )


def _is_text(label: str) -> bool:
    """Whether a string can be written in UTF-8: a lone half of a surrogate pair cannot."""
    try:
        label.encode()
    except UnicodeEncodeError:
        return False
    return True


def _told(value: object) -> str:
    """A value as a sentence has it: cut short, and in ASCII, so that it can be written anywhere."""
    return (
        ascii(value)
        if isinstance(value, (int, float, bool))
        else reprlib.repr(value).encode("ascii", "backslashreplace").decode()
    )


def _require(condition: bool, key: str, value: object, expected: str) -> None:
    if not condition:
        raise ConfigError(f"{key} is {_told(value)}; it must be {expected}.", field=key)


def _require_one_of(key: str, value: str, choices: tuple[str, ...]) -> None:
    _require(value in choices, key, value, f"one of {', '.join(choices)}")
