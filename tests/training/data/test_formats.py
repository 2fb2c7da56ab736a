"""A corpus in each format trains and classifies, with no option said."""

from __future__ import annotations

import csv
import gzip
import json
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from datasets import Dataset

from textcnn.classifier import TextClassifier
from textcnn.recipe import Recipe
from textcnn.training.data.corpus import load_corpus
from textcnn.training.train import train

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textcnn.reading.rows import Row

RECIPE = Recipe(
    embedding_dim=16, filters=8, widths=(1,), epochs=4, batch_size=16, embedding_learning_rate=0.02
)


def delimited(suffix: str, delimiter: str) -> Callable[[Path, list[Row]], str]:
    def write(folder: Path, rows: list[Row]) -> str:
        file = folder / f"corpus{suffix}"
        with file.open("w", newline="", encoding="utf-8-sig") as stream:
            writer = csv.writer(stream, delimiter=delimiter)
            writer.writerows([("review", "sentiment"), *((row.text, row.labels[0]) for row in rows)])
        return str(file)

    return write


def text_of(rows: list[Row]) -> str:
    return "\n".join(
        json.dumps({"text": row.text, "label": row.labels[0]}, ensure_ascii=False) for row in rows
    )


def jsonl(folder: Path, rows: list[Row]) -> str:
    (folder / "corpus.jsonl").write_text(text_of(rows), encoding="utf-8")
    return str(folder / "corpus.jsonl")


def gzipped(folder: Path, rows: list[Row]) -> str:
    (folder / "corpus.jsonl.gz").write_bytes(gzip.compress(text_of(rows).encode()))
    return str(folder / "corpus.jsonl.gz")


def zstandard_file(folder: Path, rows: list[Row]) -> str:
    (folder / "corpus.jsonl.zst").write_bytes(zstandard.compress(text_of(rows).encode()))
    return str(folder / "corpus.jsonl.zst")


def table_of(rows: list[Row]) -> pa.Table:
    return pa.table({"text": [row.text for row in rows], "label": [row.labels[0] for row in rows]})


def parquet(folder: Path, rows: list[Row]) -> str:
    pq.write_table(table_of(rows), folder / "corpus.parquet")
    return str(folder / "corpus.parquet")


def arrow(folder: Path, rows: list[Row]) -> str:
    table = table_of(rows)
    with pa.ipc.new_file(folder / "corpus.arrow", table.schema) as writer:
        writer.write_table(table)
    return str(folder / "corpus.arrow")


def fasttext(folder: Path, rows: list[Row]) -> str:
    lines = [f"__label__{row.labels[0]} {row.text}" for row in rows]
    (folder / "corpus.txt").write_text("\n".join(lines), encoding="utf-8")
    return str(folder / "corpus.txt")


def tabbed(folder: Path, rows: list[Row]) -> str:
    lines = [f"{row.labels[0]}\t{row.text}" for row in rows]
    (folder / "Collection").write_text("\n".join(lines), encoding="utf-8")
    return str(folder / "Collection")


def folders(folder: Path, rows: list[Row]) -> str:
    for row in rows:
        (folder / "corpus" / row.labels[0]).mkdir(parents=True, exist_ok=True)
        (folder / "corpus" / row.labels[0] / f"{row.line}.txt").write_text(row.text, encoding="utf-8")
    return str(folder / "corpus")


def hugging_face(folder: Path, rows: list[Row]) -> str:
    Dataset.from_list([{"text": row.text, "label": row.labels[0]} for row in rows]).to_json(
        folder / "train.jsonl"
    )
    return f"hf:{folder}"


def encoded(encoding: str) -> Callable[[Path, list[Row]], str]:
    def write(folder: Path, rows: list[Row]) -> str:
        lines = ["text,label", *(f"{row.text},{row.labels[0]}" for row in rows)]
        (folder / "corpus.csv").write_text("\n".join(lines), encoding=encoding)
        return str(folder / "corpus.csv")

    return write


WRITERS = {
    "csv": delimited(".csv", ","),
    "semicolons": delimited(".csv", ";"),
    "tsv": delimited(".tsv", "\t"),
    "jsonl": jsonl,
    "gz": gzipped,
    "zst": zstandard_file,
    "parquet": parquet,
    "arrow": arrow,
    "fasttext": fasttext,
    "tabbed": tabbed,
    "folders": folders,
    "hf": hugging_face,
    "utf-16": encoded("utf-16"),
    "gb18030": encoded("gb18030"),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_corpus_in_any_format_trains_and_classifies(name: str, rows: list[Row], tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    corpus = load_corpus(WRITERS[name](tmp_path / "in", rows))
    model = train(corpus, RECIPE, tmp_path / "model")
    assert model is not None
    classifier = TextClassifier.load(model.path)
    assert classifier.labels == ("negative", "positive")
    assert classifier.classify("a good and funny film 好").label == "positive"
    assert classifier.classify("a bad and boring film 差").label == "negative"


def test_several_fasttext_labels_make_a_multi_label_model(
    multi_label_rows: list[Row], tmp_path: Path
) -> None:
    lines = [" ".join([*(f"__label__{label}" for label in row.labels), row.text]) for row in multi_label_rows]
    (tmp_path / "corpus.txt").write_text("\n".join(lines), encoding="utf-8")
    model = train(load_corpus(tmp_path / "corpus.txt"), RECIPE, tmp_path / "model")
    assert model is not None
    assert model.config().multi_label
    assert "positive" in (TextClassifier.load(model.path).classify("good film").labels or ())
