"""The teacher that a name stands for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textcnn.training.distillation.file_teacher import FileTeacher

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textcnn.training.distillation.teacher import Teacher


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
