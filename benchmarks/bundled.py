"""Figures of the bundled models on their test corpora: `python -m benchmarks bundled`.

`spam` has no test file of its own: its figures are those that training took on the part it held out.
"""

from __future__ import annotations

from typing import Any

from benchmarks.corpora import CORPORA_DIRECTORY
from benchmarks.machine import read_results, write_results
from textcnn.catalogue import bundled_models
from textcnn.classifier import TextClassifier
from textcnn.directory import ModelDirectory
from textcnn.evaluation.evaluation import evaluate_rows
from textcnn.reading.layout import Layout
from textcnn.reading.rows import read_rows

PLAIN, BY_SENTIMENT = Layout(), Layout(label_column="sentiment")

TESTS = {
    "sentiment": {"SST-2 test": ("sst2/test.csv", PLAIN), "IMDb test": ("imdb/test.parquet", PLAIN)},
    "sentiment-zh": {
        "reviews_zh test": ("reviews_zh/test.csv", PLAIN),
        "shopping_zh test": ("shopping_zh/test.csv", BY_SENTIMENT),
    },
}


def main() -> None:
    """Measure every bundled model, on every test corpus that is there."""
    models = read_results("bundled").get("models", {})
    for name, path in bundled_models().items():
        directory = ModelDirectory(path)
        figures = {"held-out part": _brief(directory.metrics())}
        for title, (file, layout) in TESTS.get(name, {}).items():
            if (CORPORA_DIRECTORY / file).exists():
                rows = read_rows(CORPORA_DIRECTORY / file, layout)
                figures[title] = _brief(evaluate_rows(TextClassifier.load(path), rows).to_dict())
        models[name] = {"version": directory.version(), "bytes": directory.size(), "figures": figures}
    write_results("bundled", {"models": models})
    print("bundled:", ", ".join(models))


def _brief(evaluation: dict[str, Any]) -> dict[str, Any]:
    """The figures that the docs show."""
    return {
        "rows": evaluation["rows"],
        "accuracy": round(evaluation["accuracy"], 4),
        "macro_f1": round(evaluation["macro_f1"], 4),
        "f1": {label: round(scores["f1"], 4) for label, scores in evaluation["per_label"].items()},
        "ece": round(evaluation["calibration"]["ece"], 4),
    }
