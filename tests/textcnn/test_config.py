from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from textcnn.config import FORMAT_VERSION, ModelConfig, NetworkConfig
from textcnn.errors import ConfigError

NETWORK = NetworkConfig(vocabulary_size=10, outputs=2)
CONFIG = ModelConfig(labels=("no", "是"), network=NETWORK, temperature=1.5, unknown_below=0.4)


KEYS = {
    1: (
        "embedding_storage format_version labels multi_label network tables temperature thresholds "
        "unknown_below",
        "activation batch_norm channels dropout embedding_dim filters members outputs pooling "
        "vocabulary_size widths word_dropout",
    )
}
"""Those of a model and of its network, by the version of the format: a line once it is released, for ever."""


def test_a_new_key_has_a_new_version_of_the_format() -> None:
    """Else an older service would take the model for a damaged one, and could not say what to do."""
    values = CONFIG.to_dict()
    assert KEYS[FORMAT_VERSION] == (" ".join(sorted(values)), " ".join(sorted(values["network"])))


def test_a_configuration_survives_the_way_to_json_and_back() -> None:
    assert ModelConfig.from_dict(json.loads(json.dumps(CONFIG.to_dict()))) == CONFIG


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"labels": ["no"]}, "labels"),
        ({"labels": ["no", "no"]}, "labels"),
        ({"labels": ["a", "b", "c"]}, "labels"),
        ({"temperature": 0}, "temperature"),
        ({"temperature": float("inf")}, "temperature"),
        ({"thresholds": [0.5]}, "thresholds"),
        ({"unknown_below": 1.0}, "unknown_below"),
        ({"embedding_storage": "float16"}, "embedding_storage"),
        ({"surprise": 1}, "surprise"),
        ({"format_version": 99}, "format version 99"),
        ({"network": {"vocabulary_size": 10}}, "outputs"),
        ({"network": {"vocabulary_size": "ten", "outputs": 2}}, "wrong type"),
    ],
)
def test_a_wrong_key_or_value_names_itself(change: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        ModelConfig.from_dict({**CONFIG.to_dict(), **change})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("vocabulary_size", 1),
        ("outputs", 0),
        ("embedding_dim", 0),
        ("filters", 0),
        ("widths", ()),
        ("widths", (3, 3)),
        ("widths", (0,)),
        ("channels", "both"),
        ("activation", "gelu"),
        ("pooling", "min"),
        ("dropout", 1.0),
        ("word_dropout", -0.1),
    ],
)
def test_an_impossible_network_names_the_value(key: str, value: object) -> None:
    with pytest.raises(ConfigError, match=key) as caught:
        dataclasses.replace(NETWORK, **{key: value})  # type: ignore[arg-type]  # parametrised
    assert caught.value.field == key


def test_a_multi_label_model_has_a_threshold_for_each_label() -> None:
    with pytest.raises(ConfigError, match="2 numbers"):
        ModelConfig(labels=("a", "b"), network=NETWORK, multi_label=True)
