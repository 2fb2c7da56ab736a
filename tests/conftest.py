"""Small real models for every test: random weights, a real tokenizer, directories as training writes them."""

from __future__ import annotations

import csv
import os
import random
import tempfile
from collections import Counter
from typing import TYPE_CHECKING

import hypothesis
import numpy as np
import pytest

from tests.proof import PROOF, keep_outcome
from textcnn.config import ModelConfig, NetworkConfig
from textcnn.directory import METRICS, write_json, write_manifest, write_model
from textcnn.network.weights import expected_shapes
from textcnn.new_directory import new_directory
from textcnn.tokens.tokenizer import Tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from textcnn.network.weights import Weights

# Time is no promise of a property: the first example may compile what it calls, beside other processes.
hypothesis.settings.register_profile("no deadline", deadline=None)
hypothesis.settings.load_profile("no deadline")

# Services that tests start keep their data here and not at the user's; only tests of workers start any. The
# framework's client for tests asks for the host that is named here.
_DATA = tempfile.TemporaryDirectory(prefix="textcnn-tests-")
os.environ |= {
    "XDG_DATA_HOME": _DATA.name,
    "TEXTCNN_WORKER": "false",
    "TEXTCNN_ALLOWED_HOSTS": '["testserver"]',
}

TEXTS = ("a good and warm film", "a bad film, bad, bad", "weather report for the week", "你好 世界")
LABELS = ("good", "bad", "其他")
WORDS = {"good": ("good", "warm", "funny", "fine"), "bad": ("bad", "dull", "slow", "weak")}
REST = ("the", "a", "film", "story", "book", "was", "is", "and", "very", "room", "food", "my", "this")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their length: packed ones hold the time, and processes must agree on names."""
    return f"{argname} of {len(val)} bytes" if isinstance(val, bytes) else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep what came of a promise that was tried in full."""
    report = yield
    if PROOF and report.when == "call":
        keep_outcome(item.iter_markers("proof"), item.name, held=report.passed, seconds=report.duration)
    return report


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the files of the most slow tests, so that no process is left with one at the end.

    Each file's tests stay together (`--dist loadfile`), as they share what is set up.
    """
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    if hasattr(config, "workerinput"):  # one process alone keeps the order of the files
        items.sort(key=lambda item: -slow[item.path])


@pytest.fixture(scope="session")
def model_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A single-label model of three labels, one of them Chinese."""
    return _write(tmp_path_factory.mktemp("models") / "tiny", multi_label=False)


@pytest.fixture(scope="session")
def multi_label_model_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A multi-label model of the same labels."""
    return _write(tmp_path_factory.mktemp("models") / "tiny-multi", multi_label=True)


@pytest.fixture(scope="session")
def draw_weights() -> Callable[[NetworkConfig, int], Weights]:
    """Random weights of a configuration, by seed; statistics of batch normalisation included."""

    def draw(config: NetworkConfig, seed: int) -> Weights:
        random = np.random.default_rng(seed)
        weights = {
            name: random.normal(0, 0.5, shape).astype(np.float32)
            for name, shape in expected_shapes(config).items()
        }
        for name, array in weights.items():
            if name.endswith("running_var"):
                weights[name] = np.abs(array) + np.float32(0.1)
            if name.endswith("embedding.weight"):
                array[0] = 0
        return weights

    return draw


def _write(path: Path, *, multi_label: bool) -> Path:
    tokenizer = Tokenizer.train(TEXTS * 3)
    network = NetworkConfig(
        vocabulary_size=tokenizer.vocabulary_size, outputs=len(LABELS), embedding_dim=8, filters=4
    )
    random = np.random.default_rng(0)
    weights = {
        name: (0.3 * random.normal(size=shape)).astype(np.float32)
        for name, shape in expected_shapes(network).items()
    }
    config = ModelConfig(
        labels=LABELS,
        network=network,
        multi_label=multi_label,
        temperature=1.5,
        thresholds=(0.5,) * len(LABELS) if multi_label else (),
    )
    with new_directory(path) as directory:
        write_model(directory, config, weights, tokenizer)
        write_json(directory / METRICS, {"rows": 10, "accuracy": 0.5, "macro_f1": 0.4})
        write_manifest(directory)
    return path


@pytest.fixture(scope="session")
def write_corpus() -> Callable[..., Path]:
    """Writes a corpus that can be learned in a second: `write_corpus(path, seed, rows=..., flipped=...)`."""
    return _write_corpus


def _write_corpus(path: Path, seed: int, *, rows: int = 1_100, flipped: float = 0.0) -> Path:
    """Texts in which one word tells the label, as far as it was not flipped."""
    chooser = random.Random(seed)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label"))
        for _ in range(rows):
            label = chooser.choice(("good", "bad"))
            words = [*chooser.choices(REST, k=8), chooser.choice(WORDS[label])]
            chooser.shuffle(words)
            other = "bad" if label == "good" else "good"
            writer.writerow((" ".join(words), other if chooser.random() < flipped else label))
    return path
