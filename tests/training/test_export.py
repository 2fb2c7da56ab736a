from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnxruntime
import pytest
from tokenizers import Tokenizer

from textcnn.catalogue import find_model
from textcnn.classifier import TextClassifier
from textcnn.directory import ModelDirectory
from textcnn.engine.engine import Engine
from textcnn.errors import InputError, ModelError
from textcnn.prediction import probabilities
from textcnn.training import export
from textcnn.training.export import export_onnx
from textcnn.training.onnx_graph import OPSET

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

TEXTS = [
    "A warm and funny film, wonderfully acted.",
    "",
    "Dull",
    "You have won a free phone! Text CLAIM to 80800 now. " * 12,
    "这部电影 很好 \N{GRINNING FACE}",
]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An ONNX file of each bundled model."""
    folder = tmp_path_factory.mktemp("onnx")
    files = {name: folder / name / f"{name}.onnx" for name in ("sentiment", "spam")}
    for name, file in files.items():
        export_onnx(find_model(name), file)
    return files


def scores_of(file: Path, texts: list[str]) -> NDArray[np.float32]:
    """As somebody without textcnn computes them: by the tokenizers library and onnxruntime."""
    tokenizer = Tokenizer.from_file(str(file.with_name("tokenizer.json")))
    tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")
    rows = [encoding.ids for encoding in tokenizer.encode_batch(texts, add_special_tokens=False)]
    ids = np.array(rows, dtype=np.int64).reshape(len(texts), -1)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    scores: NDArray[np.float32] = session.run(["scores"], {"ids": ids})[0]
    return scores


@pytest.mark.parametrize("name", ["sentiment", "spam"])
def test_the_bundled_models_score_texts_as_the_engine_does(name: str, exported: dict[str, Path]) -> None:
    scores = scores_of(exported[name], TEXTS)
    classifier = TextClassifier.load(name)
    exact = Engine(classifier.config.network, find_model(name).weights(), numbers="float32")
    logits = exact.logits(classifier.tokenize(TEXTS))
    temperature = classifier.config.temperature
    expected = probabilities(logits, multi_label=False, temperature=temperature)
    np.testing.assert_allclose(scores, expected, atol=1e-5)
    by_tables = [list(prediction.scores.values()) for prediction in classifier.classify_batch(TEXTS)]
    np.testing.assert_allclose(scores, by_tables, atol=0.002)


def test_a_text_has_the_same_scores_alone_and_in_a_batch_to_rounding(exported: dict[str, Path]) -> None:
    together = scores_of(exported["sentiment"], TEXTS)
    alone = [scores_of(exported["sentiment"], [text])[0] for text in TEXTS]
    np.testing.assert_allclose(alone, together, atol=1e-6)


def test_the_file_says_what_it_is(model_dir: Path, multi_label_model_dir: Path, tmp_path: Path) -> None:
    for path in (model_dir, multi_label_model_dir):
        directory, file = ModelDirectory(path), tmp_path / path.name / "model.onnx"
        export_onnx(directory, file)
        model, config = onnx.load(file), directory.config()
        told = {entry.key: entry.value for entry in model.metadata_props}
        assert told.pop("version") == directory.version()
        assert {key: json.loads(value) for key, value in told.items()} == {
            "labels": list(config.labels),
            "multi_label": config.multi_label,
            "temperature": config.temperature,
            "thresholds": list(config.thresholds),
            "unknown_below": config.unknown_below,
            "opset": OPSET,
        }
        assert [(each.domain, each.version) for each in model.opset_import] == [("", OPSET)]


def test_int8_embeddings_stay_so(exported: dict[str, Path]) -> None:
    for name, file in exported.items():
        stored = (find_model(name).path / "model.safetensors").stat().st_size
        assert file.stat().st_size < 1.01 * stored


def test_the_tokenizer_beside_it_is_the_models(exported: dict[str, Path]) -> None:
    for name, file in exported.items():
        expected = (find_model(name).path / "tokenizer.json").read_bytes()
        assert file.with_name("tokenizer.json").read_bytes() == expected
        assert {each.name for each in file.parent.iterdir()} == {file.name, "tokenizer.json"}


def test_pytorch_is_not_needed(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from textcnn.catalogue import find_model;"
        "from textcnn.training.export import export_onnx;"
        "export_onnx(find_model('spam'), Path(sys.argv[1])); print('torch' in sys.modules)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "spam.onnx")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "False"


def test_files_that_are_there_stay_unless_they_may_be_replaced(tmp_path: Path) -> None:
    file, tokenizer = tmp_path / "model.onnx", tmp_path / "tokenizer.json"
    export_onnx(find_model("spam"), file)
    with pytest.raises(InputError, match=r"model.onnx exists.*--replace"):
        export_onnx(find_model("spam"), file)
    with pytest.raises(InputError, match=r"tokenizer.json is the tokenizer of another model.*--replace"):
        export_onnx(find_model("sentiment-zh"), tmp_path / "other.onnx")
    assert {each.name for each in tmp_path.iterdir()} == {"model.onnx", "tokenizer.json"}
    export_onnx(find_model("spam"), tmp_path / "same.onnx")
    export_onnx(find_model("sentiment-zh"), file, replace=True)
    assert tokenizer.read_bytes() == (find_model("sentiment-zh").path / "tokenizer.json").read_bytes()


def test_a_model_directory_is_not_damaged(model_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="directory of another model"):
        export_onnx(find_model("spam"), model_dir / "spam.onnx", replace=True)
    with pytest.raises(InputError, match=r"ends in \.onnx"):
        export_onnx(ModelDirectory(model_dir), model_dir / "config.json", replace=True)
    (tmp_path / "folder.onnx").mkdir()
    with pytest.raises(InputError, match=r"cannot be an ONNX file"):
        export_onnx(ModelDirectory(model_dir), tmp_path / "folder.onnx", replace=True)
    ModelDirectory(model_dir).weights()


def test_a_model_that_one_file_cannot_hold_is_refused(
    model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "_LARGEST_FILE", 100)
    with pytest.raises(ModelError, match="2 GiB"):
        export_onnx(ModelDirectory(model_dir), tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())
