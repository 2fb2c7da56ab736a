from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from textcnn.classifier import TextClassifier
from textcnn.directory import ModelDirectory

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.rows import Row

SETTINGS = [
    "embedding_dim=16",
    "filters=8",
    "widths=[1, 2]",
    "epochs=3",
    "batch_size=16",
    "embedding_learning_rate=0.02",
    "adversarial=0.03",
    "word_layer=8",
]


@pytest.mark.slow
def test_two_gloo_processes_train_one_model(rows: list[Row], tmp_path: Path) -> None:
    corpus, out = tmp_path / "corpus.jsonl", tmp_path / "model"
    lines = [json.dumps({"text": row.text, "label": row.labels[0]}) for row in rows]
    corpus.write_text("\n".join(lines), encoding="utf-8")
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    verb = ["-m", "textcnn", "train", str(corpus), "--out", str(out)]
    choices = [word for setting in SETTINGS for word in ("--set", setting)]
    done = subprocess.run(
        [*torchrun, *verb, *choices],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("epoch 1: loss") == 2  # one process speaks, and trains twice
    assert ModelDirectory(out).training()["device"].startswith("2 x CPU")
    assert ModelDirectory(out).metrics()["accuracy"] > 0.9
    assert TextClassifier.load(out).classify("good funny film").label == "positive"
