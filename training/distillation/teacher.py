"""What can teach: anything that gives a text a probability for each label."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from textcnn.training.distillation.file_teacher import FileTeacher

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray


class Teacher(Protocol):
    """Scores texts for a fixed list of labels."""

    name: str
    identity: str
    """Of the same identity are teachers that give the same scores."""
    slow: bool
    """Whether its scores are worth keeping on disk."""
    seen: frozenset[str]
    """Digests of the texts that it was taught on, as far as it tells (seen.py)."""

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Probabilities (texts x L); a row of NaN where it does not know the text."""
        ...


def find_teacher(name: str, labels: Sequence[str], called: Mapping[str, str]) -> Teacher:
    """The teacher in a file of scores, or a Hugging Face classifier by directory or name on the hub.

    `called` tells which of our labels a label of the teacher's means, where they differ.

    Raises:
        ConfigError: there is none, or its labels are not those of the corpus.
    """
    if Path(name).is_file():
        return FileTeacher(Path(name), labels, called)
    from textcnn.training.distillation.encoder_teacher import EncoderTeacher

    return EncoderTeacher(name, labels, called)
