from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from textcnn.classifier import TextClassifier
from textcnn.directory import ModelDirectory

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.reading.rows import Row

SETTINGS = [
    "embedding_dim=16",
    "filters=8",
    "widths=[1, 2]",
    "epochs=3",
    "batch_size=16",
    "embedding_learning_rate=0.02",
    "adversarial=0.03",
    "word_layer=8",
    "dropout=0",  # each process would draw its own
]


TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]


@pytest.mark.slow
def test_two_gloo_processes_train_the_model_that_one_trains(rows: list[Row], tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.jsonl"
    lines = [json.dumps({"text": row.text, "label": row.labels[0]}) for row in rows]
    corpus.write_text("\n".join(lines), encoding="utf-8")
    told = _train(corpus, tmp_path / "two", TORCHRUN)
    assert told.count("epoch 1: loss") == 2  # one process speaks, and trains twice
    assert ModelDirectory(tmp_path / "two").training()["device"].startswith("2 x CPU")
    _train(corpus, tmp_path / "one", [])
    texts = [row.text for row in rows]
    models = [TextClassifier.load(tmp_path / name) for name in ("two", "one")]
    two, one = (model.score(model.tokenize(texts)) for model in models)
    assert np.ptp(one) > 1  # it learnt
    np.testing.assert_allclose(two, one, atol=1e-3)  # each saw half of a batch, and gradients were averaged


def _train(corpus: Path, out: Path, launcher: list[str]) -> str:
    choices = [word for setting in SETTINGS for word in ("--set", setting)]
    done = subprocess.run(
        [sys.executable, *launcher, "-m", "textcnn", "train", str(corpus), "--out", str(out), *choices],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
