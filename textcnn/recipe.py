"""The recipe: every choice of a training run, as one validated object.

It comes from a TOML file, from `--set key=value`, or from plain values; a wrong key or value names itself.
"""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ModelWrapValidatorHandler, ValidationError, model_validator

from textcnn.config import Activation, Channels, EmbeddingStorage, NetworkConfig, Pooling
from textcnn.errors import ConfigError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Share = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Size = Annotated[int, Field(ge=1, le=10_000)]

SYNONYMS: Final = {
    "lr": "learning_rate",
    "embedding_lr": "embedding_learning_rate",
    "num_epochs": "epochs",
    "n_epochs": "epochs",
    "num_train_epochs": "epochs",
    "max_epochs": "epochs",
    "nepochs": "epochs",
    "batch": "batch_size",
    "bs": "batch_size",
    "train_batch_size": "batch_size",
    "per_device_train_batch_size": "batch_size",
    "early_stopping_patience": "patience",
    "l2": "weight_decay",
    "wd": "weight_decay",
    "warmup_ratio": "warmup",
    "dim": "embedding_dim",
    "emb_dim": "embedding_dim",
    "embed_dim": "embedding_dim",
    "embedding_size": "embedding_dim",
    "embed_size": "embedding_dim",
    "vector_size": "embedding_dim",
    "num_filters": "filters",
    "n_filters": "filters",
    "kernel_num": "filters",
    "num_kernels": "filters",
    "filter_sizes": "widths",
    "filter_widths": "widths",
    "kernel_size": "widths",
    "kernel_sizes": "widths",
    "max_length": "max_tokens",
    "max_len": "max_tokens",
    "maxlen": "max_tokens",
    "max_seq_length": "max_tokens",
    "sequence_length": "max_tokens",
    "vocab_size": "vocabulary_size",
    "max_vocab": "vocabulary_size",
    "max_features": "vocabulary_size",
    "min_freq": "min_frequency",
    "min_count": "min_frequency",
    "min_df": "min_frequency",
    "random_state": "seed",
    "random_seed": "seed",
    "test_size": "test_share",
    "test_split": "test_share",
    "val_size": "validation_share",
    "val_split": "validation_share",
    "validation_split": "validation_share",
    "dev_size": "validation_share",
    "lower": "lowercase",
    "do_lower_case": "lowercase",
    "pretrained": "init",
    "embeddings": "init",
    "word_vectors": "init",
    "smoothing": "label_smoothing",
    "metric": "select_by",
    "monitor": "select_by",
}
"""The names of other tools for keys of ours: not read, but told in place of a list."""

_LONGEST_SHOWN: Final = 80
"""Characters of a wrong value that its error repeats."""


class Recipe(BaseModel):
    """Every choice of a training run.

    What is not given adapts to the corpus and to what training starts from, by the rules of
    `training/defaults.py`; the defaults here are those of a few thousand texts and random vectors.

    Raises:
        ConfigError: names the first wrong key, its value, and what it must be.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    """Same seed, same machine, same metrics."""

    # Splits
    validation_share: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Share of the rows to choose the epoch by, where no validation file is given."""
    refit: bool = True
    """Then train once more, on these rows too, where they were split off."""
    refit_epochs: Literal["best", "all"] = "best"
    """For as many epochs as these rows chose, or for all, while the rates fall to 0."""
    test_share: Share = 0.1
    """Share of the rows to report figures on, where no test file is given; 0 for none."""

    # What to begin with
    init: str = "auto"
    """`rand`, `base-en`, `base-zh`, a file of word vectors, an encoder's directory or name on the hub, or
    an earlier model. auto: the bundled base of the corpus's language, random vectors where there is none."""

    # Tokens
    tokens: Literal["auto", "word", "wordpiece"] = "auto"
    """`word` leaves rare words unknown; `wordpiece` splits them. auto: words, unless that leaves more than a
    fifth of the training part unknown, as in languages that put no blanks between words."""
    vocabulary_size: Annotated[int, Field(ge=16, le=10_000_000)] = 32_000
    """At most; padding and unknown included."""
    min_frequency: Count = 2
    """A token occurs at least so often in the training part."""
    lowercase: bool = True

    # Network
    embedding_dim: Size = 128
    channels: Channels = "rand"
    widths: Annotated[tuple[int, ...], Field(min_length=1)] = (3, 4, 5)
    filters: Size = 100
    activation: Activation = "relu"
    batch_norm: bool = False
    pooling: Pooling = "max"
    dropout: Share = 0.5
    word_dropout: Share = 0.0
    word_layer: Annotated[int, Field(ge=0, le=10_000)] = 0
    """Hidden units of a layer that each word's vector passes through in training; the model keeps what comes
    out of it, and has no layer. A step takes longer. 0: none."""
    members: Annotated[int, Field(ge=1, le=16)] = 1
    """Networks side by side in one, whose mean decides; the model is so many times larger and slower."""

    # Optimisation
    epochs: Count = 20
    """At most; early stopping may end sooner. Some 5 are enough for 20,000 texts and more."""
    repeat_wholes: Size = 1
    """How often an epoch has each text that is part of no longer one: a sentence among its phrases."""
    patience: Count = 5
    """Stop after so many epochs without a better validation score."""
    batch_size: Count = 32
    """Texts in a step, over all processes together."""
    learning_rate: Positive = 1e-3
    embedding_learning_rate: Positive = 5e-3
    """Higher than that of the filters: a word is in few batches."""
    weight_decay: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.01
    """AdamW's, on filters, dense weights and the word layer."""
    warmup: Share = 0.05
    """Share of all steps in which the learning rates grow from 0; then they fall to 0 in a straight line."""
    max_norm: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    """Kim's constraint on each label's dense weights (3 in the paper); 0 switches it off."""
    label_smoothing: Share = 0.0
    adversarial: Share = 0.0
    """Learn from each batch a second time, with its vectors moved by such a share of their length to where it
    hurts most; a step takes twice as long. 0 switches it off."""
    class_weights: Literal["none", "balanced"] | dict[str, Positive] = "none"
    """`balanced`: inversely to each label's count; or a weight for each label."""
    select_by: Literal["auto", "accuracy", "macro_f1", "loss"] = "auto"
    """The validation figure that early stopping watches; auto: accuracy, and macro_f1 for multi-label."""
    max_tokens: Count = 1_000
    """Training reads so many tokens of a longer text; classification always reads all."""

    # Decisions
    calibrate: bool = True
    """Fit the temperature on validation rows."""
    unknown_below: Share = 0.0
    """Single-label: name no label when the best score is below this."""
    embedding_storage: EmbeddingStorage = "float32"

    @model_validator(mode="wrap")
    @classmethod
    def _in_our_words(cls, values: dict[str, Any], handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(values)
        except ValidationError as error:
            raise _explain(error, values) from error

    @classmethod
    def read(
        cls, file: Path | None = None, settings: list[str] | None = None, **options: str | int | None
    ) -> Recipe:
        """A recipe from a file, `key=value` settings and options, of which the later win.

        The file is TOML, or a model's `training.json`. An option that is None is none.

        Raises:
            ConfigError: the file cannot be read, or a key or value is wrong.
        """
        values = {**(_read_file(file) if file else {}), **read_settings(settings or [])}
        values |= {key: value for key, value in options.items() if value is not None}
        return cls(**values)

    def given(self) -> dict[str, Any]:
        """The keys that were given, as plain values; what a run leaves open depends on which these are."""
        return self.model_dump(mode="json", include=self.model_fields_set)

    def network(self, vocabulary_size: int, outputs: int) -> NetworkConfig:
        """The shape of the network for a vocabulary of V tokens and L labels.

        Raises:
            ConfigError: a value is impossible for a network.
        """
        return NetworkConfig(
            vocabulary_size=vocabulary_size,
            outputs=outputs,
            embedding_dim=self.embedding_dim,
            channels=self.channels,
            widths=self.widths,
            filters=self.filters,
            activation=self.activation,
            batch_norm=self.batch_norm,
            pooling=self.pooling,
            dropout=self.dropout,
            word_dropout=self.word_dropout,
            members=self.members,
        )


def known_key(name: str) -> str | None:
    """The key that a name is, or is another tool's name for; None where it is neither."""
    plain = name.strip().lower().replace("-", "_")
    return plain if plain in Recipe.model_fields else SYNONYMS.get(plain)


def likely_key(name: str) -> str | None:
    """The key that a name is, is another tool's name for, or is nearly; None where it is like none."""
    return known_key(name) or nearest(name, Recipe.model_fields)


def read_settings(settings: Iterable[str]) -> dict[str, Any]:
    """The keys and values of `key=value` settings, of which the later win.

    Raises:
        ConfigError: a setting has no `=`.
    """
    values: dict[str, Any] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise ConfigError(f"--set {setting!r} is no setting; write key=value.", field="set")
        values[key.strip()] = read_toml_value(value.strip())
    return values


def read_toml_value(text: str) -> Any:  # noqa: ANN401  # a TOML value is any of several types
    """A value as TOML reads it; what TOML cannot read is a string, so that quotes are not needed."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _read_file(file: Path) -> dict[str, Any]:
    """The keys that a TOML file gives, or the settled ones of a `training.json`."""
    is_json = file.suffix == ".json"
    try:
        text = file.read_text(encoding="utf-8")
        values = json.loads(text)["recipe"] if is_json else tomllib.loads(text)
        return dict(values)
    except OSError as error:
        raise ConfigError(f"The recipe {file} cannot be read: {error.strerror}.", field="recipe") from error
    except (KeyError, TypeError, ValueError) as error:
        kind = "training.json with a recipe" if is_json else "TOML"
        raise ConfigError(f"The recipe {file} is no {kind}: {error}.", field="recipe") from error


def _explain(error: ValidationError, values: Any) -> ConfigError:  # noqa: ANN401  # whatever was given
    """The first problem in our words."""
    first = error.errors()[0]
    if not first["loc"]:
        return ConfigError(f"found {_shown(values)}; expected a table of a recipe's keys", field="recipe")
    key = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        meant, known = likely_key(key), ", ".join(Recipe.model_fields)
        guess = "." if meant is None else f"; did you mean {meant}?"
        return ConfigError(f"The recipe has no key '{key[:40]}'{guess} Its keys are: {known}.", field=key)
    value = values.get(key)
    if first["type"] == "tuple_type":
        return ConfigError(
            f"{key} is {_shown(value)}; expected a list, such as [{str(value)[:40]}].", field=key
        )
    return ConfigError(f"{key} is {_shown(value)}: {first['msg']}.", field=key)


def _shown(value: object) -> str:
    """A value for a sentence: whole where it is short."""
    shown = repr(value)
    return shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}..."
