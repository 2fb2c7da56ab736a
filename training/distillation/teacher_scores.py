"""A teacher's scores on disk: computed once for each text, in parts, of which a killed run loses one."""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import load_file, save_file

from textcnn.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from textcnn.training.distillation.teacher import Teacher
    from textcnn.training.progress import Reporter

PART = 2_048
"""Texts in a part: some ten seconds of a small encoder on two cores."""
_TEACHER = "teacher.json"


class KeptScores:
    """The scores of one teacher in a directory."""

    def __init__(self, directory: Path, teacher: Teacher, labels: Sequence[str]) -> None:
        self._directory, self._teacher, self._labels = directory, teacher, len(labels)
        identity = {"teacher": teacher.identity, "labels": list(labels)}
        directory.mkdir(parents=True, exist_ok=True)
        known = directory / _TEACHER
        if known.exists() and json.loads(known.read_text(encoding="utf-8")) != identity:
            raise ConfigError(
                f"{directory} holds the scores of another teacher, of this one with another --label or "
                "tokenizer, or for other labels. Remove it, or name another --out.",
                field="teacher",
            )
        known.write_text(json.dumps(identity, ensure_ascii=False), encoding="utf-8")

    def scores(self, texts: Sequence[str], reporter: Reporter) -> NDArray[np.float64]:
        """Probabilities (texts x L); what is not on disk yet is computed and kept."""
        keys = [_key(text) for text in texts]
        known = self._read()
        missing = list({key: text for key, text in zip(keys, texts, strict=True) if key not in known}.items())
        started = time.perf_counter()
        for first in range(0, len(missing), PART):
            part = missing[first : first + PART]
            scores = self._teacher.scores([text for _, text in part]).astype(np.float32)
            self._write([key for key, _ in part], scores)
            known.update(zip((key for key, _ in part), scores, strict=True))
            done = first + len(part)
            rate = done / (time.perf_counter() - started)
            reporter.note(
                f"teacher: {done:,} of {len(missing):,} texts scored, {rate:,.0f} texts/s, "
                f"{(len(missing) - done) / rate:.0f} s left"
            )
        return np.array([known[key] for key in keys], dtype=np.float64).reshape(len(keys), self._labels)

    def _read(self) -> dict[bytes, NDArray[np.float32]]:
        known: dict[bytes, NDArray[np.float32]] = {}
        for file in sorted(self._directory.glob("part-*.safetensors")):
            part = load_file(file)
            known.update(zip((key.tobytes() for key in part["keys"]), part["scores"], strict=True))
        return known

    def _write(self, keys: Sequence[bytes], scores: NDArray[np.float32]) -> None:
        number = len(list(self._directory.glob("part-*.safetensors")))
        file = self._directory / f"part-{number:05}.safetensors"
        temporary = file.with_suffix(".tmp")
        rows = np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(len(keys), -1)
        save_file({"keys": rows, "scores": np.ascontiguousarray(scores)}, temporary)
        temporary.replace(file)


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
