from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks import footprint
from benchmarks.footprint import measure_footprint
from benchmarks.peers import ONNX_FILE, OnnxNetwork, load_peer
from textcnn.classifier import TextClassifier
from textcnn.directory import ModelDirectory
from textcnn.training.export import export_onnx

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = ["a good and warm film", "", "bad, bad weather report for the week 你好"]


@pytest.fixture
def exported(model_dir: Path, tmp_path: Path) -> Path:
    export_onnx(ModelDirectory(model_dir), tmp_path / ONNX_FILE)
    return tmp_path


def test_the_exported_model_in_the_race_is_the_same_model(model_dir: Path, exported: Path) -> None:
    predictions = TextClassifier.load(model_dir).classify_batch(TEXTS)
    ours = [list(prediction.scores.values()) for prediction in predictions]
    np.testing.assert_allclose(OnnxNetwork(exported).classify(TEXTS), ours, atol=1e-3)
    alone = load_peer("onnxruntime", exported)(TEXTS[0])
    np.testing.assert_allclose(np.array(alone), ours[:1], atol=1e-3)


@pytest.mark.slow
def test_a_contender_costs_a_start_and_room(
    model_dir: Path, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(footprint, "RUNS", 1)
    costs = measure_footprint({"textcnn": model_dir, "onnxruntime": exported})
    assert list(costs) == ["textcnn", "onnxruntime"]
    assert all(cost["cold_start_seconds"] > 0.01 for cost in costs.values())
    megabytes = ModelDirectory(model_dir).size() / 1e6
    assert costs["textcnn"]["disk_megabytes"] == pytest.approx(megabytes)
