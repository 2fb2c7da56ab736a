"""A small corpus that can be learned, written for the tests, and a recipe that learns it in a second."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from textcnn.reading.rows import Row
from textcnn.recipe import Recipe
from textcnn.training.data.corpus import corpus_from_rows
from textcnn.training.init.bundled_base import read_base
from textcnn.training.progress import Reporter
from textcnn.training.train import train

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.directory import ModelDirectory
    from textcnn.training.data.corpus import Corpus
    from textcnn.training.init.start import Start

GOOD = ("good", "warm", "funny", "fine", "clever", "lovely", "好", "棒")
BAD = ("bad", "dull", "slow", "weak", "awful", "boring", "差", "坏")
REST = ("the", "a", "film", "story", "book", "was", "is", "and", "very", "room", "food", "的", "了", "很")


def make_rows(count: int, seed: int, *, file: str = "corpus", multi_label: bool = False) -> list[Row]:
    """Texts of eight words, of which two tell the label."""
    chooser = random.Random(seed)
    rows = []
    for line in range(1, count + 1):
        positive, long = chooser.random() < 0.5, chooser.random() < 0.3
        words = chooser.choices(REST, k=18 if long else 6) + chooser.choices(GOOD if positive else BAD, k=2)
        chooser.shuffle(words)
        label = "positive" if positive else "negative"
        labels = (label, "long") if multi_label and long else (label,)
        rows.append(Row(line, " ".join(words), labels, file))
    return rows


class Begun(Reporter):
    """Keeps what is told: for how many epochs each training begins, and the notes."""

    def __init__(self) -> None:
        super().__init__()
        self.epochs: list[int] = []
        self.notes: list[str] = []

    def note(self, sentence: str) -> None:
        super().note(sentence)
        self.notes.append(sentence)

    def begin(self, epochs: int) -> None:
        super().begin(epochs)
        self.epochs.append(epochs)


@pytest.fixture
def begun() -> Begun:
    return Begun()


@pytest.fixture(scope="session")
def rows() -> list[Row]:
    return make_rows(400, 0)


@pytest.fixture(scope="session")
def multi_label_rows() -> list[Row]:
    return make_rows(400, 0, multi_label=True)


@pytest.fixture(scope="session")
def recipe() -> Recipe:
    return Recipe(
        init="rand",
        embedding_dim=16,
        filters=8,
        widths=(1, 2),
        epochs=3,
        batch_size=16,
        embedding_learning_rate=0.02,
    )


@pytest.fixture(scope="session")
def corpus(rows: list[Row]) -> Corpus:
    return corpus_from_rows(rows, seed=0)


@pytest.fixture(scope="session")
def model(corpus: Corpus, recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> ModelDirectory:
    """A model of the recipe and the corpus, for every test that looks at one, or goes on from one."""
    directory = train(corpus, recipe, tmp_path_factory.mktemp("models") / "mood")
    assert directory is not None
    return directory


@pytest.fixture(scope="session")
def base() -> Start:
    """The English base."""
    return read_base()


@pytest.fixture(scope="session")
def few(rows: list[Row]) -> Corpus:
    """Thirty labelled rows to train on, and a large test part."""
    return corpus_from_rows(rows[:40], test=rows[200:], seed=1)


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory, rows: list[Row]) -> Path:
    """A tiny encoder with random weights, as its library writes one."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    words = sorted({word for row in rows for word in row.text.split()})
    vocabulary = {word: number for number, word in enumerate(["[PAD]", "[UNK]", *words])}
    tokens = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))  # no secret
    tokens.pre_tokenizer = WhitespaceSplit()
    path = tmp_path_factory.mktemp("encoder")
    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokens,
        pad_token="[PAD]",
        unk_token="[UNK]",
    ).save_pretrained(path)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
    )
    BertModel(config).save_pretrained(path)
    return path


@pytest.fixture(autouse=True)
def _undrawn_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what a small training takes longest for; tests of reports, and `model`, have the charts."""
    for chart in ("learning_curves", "reliability_diagram"):
        monkeypatch.setattr(f"textcnn.training.reports.charts.{chart}", lambda *_: "<svg></svg>")
