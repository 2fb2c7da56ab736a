"""Makes the peers that the engine is compared with: each as a file or folder, from the same reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.peers import ONNX_FILE
from benchmarks.sentences import labelled_reviews
from textcnn.catalogue import find_model

if TYPE_CHECKING:
    from pathlib import Path

FASTTEXT_DIM = 100
_FEW_ROWS = 5_000
"""Reviews for the peers that train slowly; their speed does not depend on it."""
_SPACY_BATCH = 32
_SPACY_MODEL = {
    # The architecture and the values of spaCy's documentation.
    "@architectures": "spacy.TextCatCNN.v2",
    "exclusive_classes": True,
    "tok2vec": {
        "@architectures": "spacy.HashEmbedCNN.v2",
        "pretrained_vectors": None,
        "width": 96,
        "depth": 4,
        "embed_size": 2000,
        "window_size": 1,
        "maxout_pieces": 3,
        "subword_features": True,
    },
}


def make_peers(folder: Path, model: str) -> dict[str, Path]:
    """Make each contender; gives their paths by name. `model` is the bundled one that textcnn enters."""
    directory = find_model(model)
    return {
        "textcnn": directory.path,
        "fastText, bigrams": _train_fasttext(folder, 2),
        "fastText, unigrams": _train_fasttext(folder, 1),
        "scikit-learn, TF-IDF + LR": _train_linear(folder),
        "PyTorch, eager": directory.path,
        "onnxruntime": _export(folder, model),
        "spaCy, CNN": _train_spacy(folder),
    }


def _train_fasttext(folder: Path, grams: int) -> Path:
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


def _train_linear(folder: Path) -> Path:
    """TF-IDF of words and pairs with logistic regression, on some of the reviews."""
    import joblib
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    labels, texts = zip(*_few_reviews(), strict=True)
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=10))
    path = folder / "linear.joblib"
    joblib.dump(model.fit(texts, labels), path)
    return path


def _export(folder: Path, model: str) -> Path:
    from textcnn.training.export import export_onnx

    path = folder / "onnx"
    export_onnx(find_model(model), path / ONNX_FILE)
    return path


def _train_spacy(folder: Path) -> Path:
    """One epoch of spaCy's CNN on some of the reviews."""
    import spacy
    from spacy.training import Example

    pipeline = spacy.blank("en")
    pipeline.add_pipe("textcat", config={"model": _SPACY_MODEL})
    rows = _few_reviews()
    labels = sorted({label for label, _ in rows})
    examples: list[Any] = [
        Example.from_dict(pipeline.make_doc(text), {"cats": {each: float(each == label) for each in labels}})
        for label, text in rows
    ]
    optimizer = pipeline.initialize(lambda: examples)
    for start in range(0, len(examples), _SPACY_BATCH):
        pipeline.update(examples[start : start + _SPACY_BATCH], sgd=optimizer)
    path = folder / "spacy"
    pipeline.to_disk(path)
    return path


def _few_reviews() -> list[tuple[str, str]]:
    """Label and text of every so manieth review, labels mixed."""
    rows = list(labelled_reviews())
    return rows[:: max(1, len(rows) // _FEW_ROWS)]
