"""Model directories from anybody: whatever is in them, a sentence comes out, and never a crash."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from textcnn.classifier import TextClassifier
from textcnn.config import NetworkConfig
from textcnn.directory import (
    CARD,
    CONFIG,
    MANIFEST,
    METRICS,
    METRICS_FORMAT,
    TOKENIZER,
    TRAINING,
    WEIGHTS,
    ModelDirectory,
    write_json,
    write_manifest,
)
from textcnn.engine.engine import Engine
from textcnn.errors import ModelDirectoryError, ModelError
from textcnn.network.weights import expected_shapes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textcnn.network.weights import Weights

FAR = 4_000_000


@pytest.fixture
def copy(model_dir: Path, tmp_path: Path) -> Path:
    return shutil.copytree(model_dir, tmp_path / "copy")


def alter(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a JSON file of a model directory, and its manifest with it."""
    values = json.loads(path.read_text(encoding="utf-8"))
    change(values)
    path.write_text(json.dumps(values), encoding="utf-8")
    write_manifest(path.parent)


def move_last_id(specification: dict[str, Any]) -> None:
    vocabulary = specification["model"]["vocab"]
    vocabulary[max(vocabulary, key=vocabulary.__getitem__)] = FAR


def add_token(specification: dict[str, Any]) -> None:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized", "special"), False)
    specification["added_tokens"] = [
        {"id": FAR + number, "content": f"<{number}>", **flags} for number in range(9)
    ]


def pad(specification: dict[str, Any]) -> None:
    specification["padding"] = {
        "strategy": {"Fixed": 64},
        "direction": "Right",
        "pad_to_multiple_of": None,
        "pad_id": FAR,
        "pad_type_id": 0,
        "pad_token": "[PAD]",
    }


def end_with_special(specification: dict[str, Any]) -> None:
    token = {"SpecialToken": {"id": "[END]", "type_id": 0}}
    text = {"Sequence": {"id": "A", "type_id": 0}}
    specification["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [text, token],
        "pair": [text, token],
        "special_tokens": {"[END]": {"id": "[END]", "ids": [FAR], "tokens": ["[END]"]}},
    }


def forget_unknown(specification: dict[str, Any]) -> None:
    specification["model"]["unk_token"] = "nowhere"


@pytest.mark.parametrize("change", [move_last_id, add_token, pad, end_with_special, forget_unknown])
def test_ids_beyond_the_table_are_refused_by_a_sentence(
    copy: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    alter(copy / TOKENIZER, change)
    ran = subprocess.run(
        [sys.executable, "-m", "textcnn", "classify", str(copy), "a film <0> and <8> weather week"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 2, (ran.returncode, ran.stdout, ran.stderr)
    assert TOKENIZER in ran.stderr.replace("\n", "")
    assert "Traceback" not in ran.stderr


def test_gaps_in_the_ids_are_allowed(copy: Path) -> None:
    before = TextClassifier.load(copy)
    rows = before.config.network.vocabulary_size
    gone = before.tokenizer.vocabulary()[5]
    alter(copy / TOKENIZER, lambda specification: specification["model"]["vocab"].pop(gone))
    after = TextClassifier.load(copy)
    assert after.tokenizer.vocabulary_size == rows
    assert after.tokenizer.vocabulary()[5] == ""
    assert [*after.tokenizer.vocabulary()[6:]] == before.tokenizer.vocabulary()[6:]
    assert after.classify(before.tokenizer.vocabulary()[6]) == before.classify(
        before.tokenizer.vocabulary()[6]
    )


def test_a_classifier_put_together_by_hand_is_checked_too(copy: Path) -> None:
    whole = TextClassifier.load(copy)
    smaller = NetworkConfig(vocabulary_size=3, outputs=3, embedding_dim=2, filters=1)
    config = type(whole.config)(labels=whole.labels, network=smaller)
    draw = np.random.default_rng(0)
    weights: Weights = {
        name: draw.normal(size=shape).astype(np.float32) for name, shape in expected_shapes(smaller).items()
    }
    with pytest.raises(ModelError, match="3 rows"):
        TextClassifier(config, whole.tokenizer, Engine(smaller, weights))


def test_a_specification_that_says_a_thing_twice_is_refused(copy: Path) -> None:
    text = (copy / TOKENIZER).read_text(encoding="utf-8")
    twice = text.rstrip()[:-1] + ', "model": {"type": "WordLevel", "vocab": {"[PAD]": 0}, "unk_token": "x"}}'
    (copy / TOKENIZER).write_text(twice, encoding="utf-8")
    write_manifest(copy)
    with pytest.raises(ModelDirectoryError, match="twice"):
        TextClassifier.load(copy)


def raw_safetensors(arrays: dict[str, tuple[str, tuple[int, ...], bytes]]) -> bytes:
    header, at = {}, 0
    for name, (dtype, shape, data) in arrays.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + b"".join(data for _, _, data in arrays.values())


def weights_with(path: Path, **changed: Any) -> None:  # noqa: ANN401  # arrays of any kind
    """Write the model's weights with some replaced, added, or (None) left out."""
    arrays = {**load((path / WEIGHTS).read_bytes()), **changed}
    (path / WEIGHTS).write_bytes(save({name: array for name, array in arrays.items() if array is not None}))
    write_manifest(path)


@pytest.mark.parametrize("dtype", ["BF16", "F8_E4M3", "I64", "BOOL"])
def test_weights_of_another_type_are_refused(copy: Path, dtype: str) -> None:
    size = {"BF16": 2, "F8_E4M3": 1, "I64": 8, "BOOL": 1}[dtype]
    arrays = load((copy / WEIGHTS).read_bytes())
    (copy / WEIGHTS).write_bytes(
        raw_safetensors(
            {name: (dtype, array.shape, bytes(size * array.size)) for name, array in arrays.items()}
        )
    )
    write_manifest(copy)
    with pytest.raises(ModelDirectoryError, match=rf"{WEIGHTS}.*{dtype}"):
        TextClassifier.load(copy)


@pytest.mark.parametrize(
    "scale",
    [
        np.ones((3, 3), np.float32),
        np.ones(2, np.float32),
        np.ones((), np.float32),
        np.ones(0, np.float32),
        np.ones(400, np.int64),
        None,
    ],
    ids=str,
)
def test_scales_of_rows_that_fit_nothing_are_refused(copy: Path, scale: Any) -> None:  # noqa: ANN401
    rows = load((copy / WEIGHTS).read_bytes())["embedding.weight"].astype(np.int8)
    weights_with(copy, **{"embedding.weight": rows, "embedding.weight.row_scale": scale})
    with pytest.raises(ModelDirectoryError, match=WEIGHTS):
        TextClassifier.load(copy)


def test_scales_of_what_is_no_matrix_of_int8_are_refused(copy: Path) -> None:
    weights_with(copy, **{"dense.bias.row_scale": np.ones(3, np.float32)})
    with pytest.raises(ModelDirectoryError, match="row_scale"):
        TextClassifier.load(copy)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38])
@pytest.mark.parametrize("name", ["embedding.weight", "convolutions.4.weight", "dense.weight"])
def test_numbers_that_could_make_a_score_infinite_are_refused(copy: Path, name: str, value: float) -> None:
    array = load((copy / WEIGHTS).read_bytes())[name].copy()
    array[...] = value
    weights_with(copy, **{name: array})
    with pytest.raises(ModelDirectoryError, match=WEIGHTS):
        TextClassifier.load(copy)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("widths", [3.0]),
        ("widths", [True, 2]),
        ("widths", "345"),
        ("filters", 4.0),
        ("filters", True),
        ("embedding_dim", 8.0),
        ("vocabulary_size", 10**30),
        ("dropout", "0.5"),
        ("batch_norm", 1),
        ("members", 1.0),
        ("pooling", ["max"]),
        ("channels", 3),
    ],
)
def test_values_of_another_type_are_refused_by_name(copy: Path, key: str, value: object) -> None:
    alter(copy / CONFIG, lambda config: config["network"].update({key: value}))
    with pytest.raises(ModelDirectoryError, match=rf"{key}|embedding\.weight"):
        TextClassifier.load(copy)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("labels", ["good", "bad", "\ud800"]),
        ("temperature", 1e-320),
        ("temperature", True),
        ("multi_label", "yes"),
        ("thresholds", [True]),
        ("unknown_below", "0.5"),
        ("format_version", True),
        ("format_version", 1.0),
    ],
)
def test_decisions_of_another_type_are_refused_by_name(copy: Path, key: str, value: object) -> None:
    alter(copy / CONFIG, lambda config: config.update({key: value}))
    with pytest.raises(ModelDirectoryError, match=key.replace("_", ".")):
        TextClassifier.load(copy)


DEEP = b"[" * 200_000


@pytest.mark.parametrize("data", [b"[]", b"{", b"5", b"\xff", DEEP, b"null"], ids=lambda data: repr(data[:4]))
@pytest.mark.parametrize("name", [METRICS, TRAINING])
def test_what_tells_of_a_model_is_an_object_or_a_sentence(copy: Path, name: str, data: bytes) -> None:
    (copy / name).write_bytes(data)
    write_manifest(copy)
    directory = ModelDirectory(copy)
    with pytest.raises(ModelDirectoryError, match=name):
        directory.metrics() if name == METRICS else directory.training()


@pytest.mark.parametrize(
    "confusion",
    [
        {"matrix": 5, "labels": ["a"]},
        {"matrix": [[1, 2], [3]], "labels": ["a", "b"]},
        {"matrix": [[1, 2]], "labels": ["a", "b"]},
        {"matrix": [["x"]], "labels": ["a"]},
        {"matrix": [[10**30]], "labels": ["a"]},
        {"matrix": [[1]]},
    ],
)
def test_a_confusion_that_is_none_is_told(copy: Path, confusion: dict[str, Any]) -> None:
    write_json(copy / METRICS, {"confusion": confusion})
    write_manifest(copy)
    with pytest.raises(ModelDirectoryError, match=r"metrics\.json.* confusion"):
        ModelDirectory(copy).metrics()


def test_metrics_of_a_later_format_are_told(copy: Path) -> None:
    write_json(copy / METRICS, {"format_version": METRICS_FORMAT + 1})
    write_manifest(copy)
    with pytest.raises(ModelDirectoryError, match="format_version"):
        ModelDirectory(copy).metrics()


@pytest.mark.parametrize("data", [b"[]", b"{", b"5", b'{"files": [1]}', DEEP])
@pytest.mark.parametrize("name", [CONFIG, MANIFEST])
def test_what_a_model_needs_is_an_object_or_a_sentence(copy: Path, name: str, data: bytes) -> None:
    (copy / name).write_bytes(data)
    if name == CONFIG:
        write_manifest(copy)
    with pytest.raises(ModelDirectoryError, match=name):
        TextClassifier.load(copy)


def test_a_card_that_is_no_text_is_shown_as_far_as_it_is(copy: Path) -> None:
    (copy / CARD).write_bytes(b"# Films \xff")
    write_manifest(copy)
    assert ModelDirectory(copy).card() == "# Films \ufffd"


def test_a_history_that_is_no_list_of_objects_is_told(copy: Path) -> None:
    for history in (5, [5], {"a": 1}):
        write_json(copy / TRAINING, {"history": history})
        write_manifest(copy)
        with pytest.raises(ModelDirectoryError, match="history"):
            ModelDirectory(copy).history()


def test_a_file_that_vanishes_is_told(copy: Path) -> None:
    directory = ModelDirectory(copy)
    (copy / WEIGHTS).unlink()
    with pytest.raises(ModelDirectoryError, match=WEIGHTS):
        directory.weights()
    (copy / MANIFEST).unlink()
    with pytest.raises(ModelDirectoryError, match=MANIFEST):
        directory.version()
