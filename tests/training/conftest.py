"""A small corpus that can be learned, written for the tests, and a recipe that learns it in a second."""

from __future__ import annotations

import random

import pytest

from textcnn.reading.rows import Row
from textcnn.recipe import Recipe
from textcnn.training.progress import Reporter

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
