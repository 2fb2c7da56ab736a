"""The engine's peers: each is loaded from its file or folder, and computes on one thread.

Light at import, since a process that measures a cold start imports it too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

ONNX_FILE = "model.onnx"


class Batches(Protocol):
    """A peer that takes several texts at once."""

    def classify(self, texts: list[str]) -> object:
        """The label of each text."""
        ...


class EagerNetwork:
    """The same model in PyTorch, with the library's tokenizer."""

    def __init__(self, model: str | Path) -> None:
        import tokenizers
        import torch

        from textcnn.catalogue import find_model
        from textcnn.network.network import TextCNN

        torch.set_num_threads(1)
        directory = find_model(model)
        self._tokenizer = tokenizers.Tokenizer.from_str(directory.tokenizer().to_json())
        self._network = TextCNN(directory.config().network).eval()
        self._network.load_weights(directory.weights())

    def classify(self, texts: list[str]) -> list[list[float]]:
        """The probabilities of each text."""
        import torch

        scores: list[list[float]] = torch.softmax(self.logits(*self._pad(self._ids(texts))), dim=1).tolist()
        return scores

    def prepare(self, texts: list[str], size: int) -> list[tuple[Tensor, Tensor]]:
        """Padded batches of the given size, from texts sorted by length: the best that can be done for it."""
        ids = sorted(self._ids(texts), key=len)
        return [self._pad(ids[start : start + size]) for start in range(0, len(ids), size)]

    def logits(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Logits (B x L) of padded ids (B x T)."""
        import torch

        with torch.inference_mode():
            logits: Tensor = self._network(ids, lengths)
        return logits

    def _ids(self, texts: list[str]) -> list[list[int]]:
        return [each.ids for each in self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)]

    def _pad(self, rows: list[list[int]]) -> tuple[Tensor, Tensor]:
        import torch

        longest = max(1, *map(len, rows)) if len(rows) > 1 else max(1, len(rows[0]))
        ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
        return ids, torch.tensor([len(row) for row in rows])


class OnnxNetwork:
    """The same model as `textcnn export` writes it, in onnxruntime, with the tokenizer beside it."""

    def __init__(self, folder: Path) -> None:
        import onnxruntime
        import tokenizers

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            folder / ONNX_FILE, options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")  # noqa: S106  # a token of text

    def classify(self, texts: list[str]) -> NDArray[np.float32]:
        """The probabilities of each text."""
        import numpy as np

        rows = [each.ids for each in self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
        ids = np.array(rows, dtype=np.int64).reshape(len(texts), -1)
        scores: NDArray[np.float32] = self._session.run(["scores"], {"ids": ids})[0]
        return scores


class SpacyPipeline:
    """spaCy's own CNN that tells texts apart, behind its tokenizer."""

    def __init__(self, folder: Path) -> None:
        import spacy

        self._pipeline = spacy.load(folder)

    def classify(self, texts: list[str]) -> list[dict[str, float]]:
        """The probabilities of each text."""
        if len(texts) == 1:
            return [self._pipeline(texts[0]).cats]
        return [document.cats for document in self._pipeline.pipe(texts, batch_size=len(texts))]


class LinearModel:
    """scikit-learn's TF-IDF and logistic regression."""

    def __init__(self, file: Path) -> None:
        import joblib

        self._model: Any = joblib.load(file)

    def classify(self, texts: list[str]) -> object:
        """The probabilities of each text."""
        return self._model.predict_proba(texts)


def load_peer(name: str, path: Path) -> Callable[[str], object]:
    """Load a contender of `measure_single` by its name, as a function that classifies one text."""
    if name == "textcnn":
        from textcnn import TextClassifier

        return TextClassifier.load(path).classify
    if name.startswith("fastText"):
        import fasttext

        predict: Callable[[str], object] = fasttext.load_model(str(path)).predict
        return predict
    peer: Batches = _BY_NAME[name](path)
    return lambda text: peer.classify([text])


_BY_NAME: dict[str, Callable[[Path], Batches]] = {
    "scikit-learn, TF-IDF + LR": LinearModel,
    "PyTorch, eager": EagerNetwork,
    "onnxruntime": OnnxNetwork,
    "spaCy, CNN": SpacyPipeline,
}
