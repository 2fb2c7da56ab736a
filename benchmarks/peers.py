"""What the engine is compared with, each on one thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.sentences import labelled_reviews

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

FASTTEXT_DIM = 100
_LINEAR_ROWS = 5_000


def train_fasttext(folder: Path, grams: int) -> Path:
    """A fastText model of the reviews, as its authors advise: its file."""
    import fasttext

    corpus = folder / "reviews.txt"
    if not corpus.exists():
        lines = (f"__label__{label} {text.lower()}\n" for label, text in labelled_reviews())
        corpus.write_text("".join(lines), encoding="utf-8")
    model = fasttext.train_supervised(
        str(corpus), wordNgrams=grams, dim=FASTTEXT_DIM, epoch=2, thread=2, verbose=0
    )
    path = folder / f"fasttext-{grams}.bin"
    model.save_model(str(path))
    return path


def load_fasttext(path: Path) -> Any:  # noqa: ANN401  # it ships no types
    """A fastText model in process."""
    import fasttext

    return fasttext.load_model(str(path))


def train_linear() -> Any:  # noqa: ANN401  # it ships no types
    """TF-IDF of words and pairs with logistic regression, on some of the reviews."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    rows = list(labelled_reviews())[:: max(1, 20_000 // _LINEAR_ROWS)]
    labels, texts = zip(*rows, strict=True)
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=10))
    return model.fit(texts, labels)


class EagerNetwork:
    """The same model in PyTorch, with the library's tokenizer."""

    def __init__(self, model: str) -> None:
        import tokenizers
        import torch

        from textcnn.catalogue import find_model
        from textcnn.network import TextCNN

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
