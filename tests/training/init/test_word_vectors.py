from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from textcnn.errors import ConfigError
from textcnn.recipe import Recipe
from textcnn.training.data.corpus import corpus_from_rows
from textcnn.training.device import find_device
from textcnn.training.init.choose_start import find_start
from textcnn.training.init.start import conditioned
from textcnn.training.init.word_vectors import read_word_vectors
from textcnn.training.train import fit_corpus, train

if TYPE_CHECKING:
    from pathlib import Path

    from tests.training.conftest import Begun
    from textcnn.reading.rows import Row

WORDS = {"film": 1.0, "Good": 2.0, "good": 3.0, "bad": 4.0, "planet": 5.0, "do n't": 6.0}


def word_vector(number: float) -> list[float]:
    return [number, -number, number * number, 1.0]


def write_vectors(path: Path, form: str) -> Path:
    lines = [f"{word} {' '.join(map(str, word_vector(number)))}" for word, number in WORDS.items()]
    if form == "bin":
        rows = [
            word.replace(" ", "_").encode() + b" " + np.array(word_vector(number), "<f4").tobytes() + b"\n"
            for word, number in WORDS.items()
        ]
        path = path / "vectors.bin"
        path.write_bytes(f"{len(WORDS)} 4\n".encode() + b"".join(rows))
        return path
    if form in ("word2vec", "gz"):
        lines.insert(0, f"{len(WORDS)} 4")
    data = "\n".join(lines).encode() + b"\n"
    path = path / ("vectors.vec.gz" if form == "gz" else "vectors.txt")
    path.write_bytes(gzip.compress(data) if form == "gz" else data)
    return path


@pytest.mark.parametrize("form", ["word2vec", "glove", "gz", "bin"])
def test_word_vectors_in_every_form(form: str, tmp_path: Path) -> None:
    path = write_vectors(tmp_path, form)
    start = read_word_vectors(path, ["a good film", "a bad film", "a rare zebra"], Recipe())
    words = start.tokenizer.vocabulary()
    # `a` is frequent, though unknown to the file; `planet` is the file's own; a rare unknown word has no row.
    assert set(words) == {"[PAD]", "[UNK]", "film", "a", "good", "bad", "planet"}
    assert {word for word, known in zip(words, start.known, strict=True) if known} == {
        "film",
        "good",
        "bad",
        "planet",
    }
    given = [word for word in words if word in WORDS]
    expected = conditioned(np.array([word_vector(WORDS[word]) for word in given], np.float32), None)
    np.testing.assert_allclose(start.vectors[start.known], expected, atol=1e-5)


def test_without_lower_casing_a_word_has_its_own_vector(tmp_path: Path) -> None:
    path = write_vectors(tmp_path, "glove")
    start = read_word_vectors(path, ["Good film", "good film"], Recipe(lowercase=False))
    assert {"Good", "good"} <= set(start.tokenizer.vocabulary())


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"film 1 2 3\ngood 1 2\n", "line 2 is not a word and 3 numbers"),
        (b"film 1 2 x\n", "line 1 is not a word and 3 numbers"),
        (b"film 1 nan 3\n", "line 1 is not a word and 3 numbers"),
        (b"zebra 1 2 3\n", "it knows no word of the training part"),
    ],
)
def test_bad_vector_files_say_what_is_wrong(content: bytes, found: str, tmp_path: Path) -> None:
    path = tmp_path / "vectors.txt"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=found):
        find_start(Recipe(init=str(path)), ["a good film"], multi_label=False)


def test_a_truncated_binary_file_says_so(tmp_path: Path) -> None:
    path = write_vectors(tmp_path, "bin")
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ConfigError, match="has 6 words, and word 6 is not whole"):
        find_start(Recipe(init=str(path)), ["a good film"], multi_label=False)


@pytest.mark.parametrize("form", ["word2vec", "gz"])
def test_a_text_file_with_fewer_words_than_it_says_is_refused(form: str, tmp_path: Path) -> None:
    path = write_vectors(tmp_path, form)
    data = gzip.decompress(path.read_bytes()) if form == "gz" else path.read_bytes()
    cut = b"\n".join(data.split(b"\n")[:4]) + b"\n\n"  # the header and three words
    path.write_bytes(gzip.compress(cut) if form == "gz" else cut)
    with pytest.raises(ConfigError, match="says that it has 6 words, and has 3"):
        find_start(Recipe(init=str(path)), ["a good film"], multi_label=False)


def test_a_model_starts_from_word_vectors_and_says_how_many_it_knew(rows: list[Row], tmp_path: Path) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text("good 1 0 0 0\nbad 0 1 0 0\nplanet 0 0 1 0\n", encoding="utf-8")
    recipe = Recipe(init=str(path), filters=8, widths=(1,), epochs=1, channels="static")
    train(corpus_from_rows(rows), recipe, tmp_path / "model")
    facts = json.loads((tmp_path / "model" / "training.json").read_text())
    assert facts["start"]["name"] == str(path)
    assert 0 < facts["start"]["coverage"] < 0.5
    assert facts["recipe"]["embedding_dim"] == 4
    assert facts["recipe"]["embedding_storage"] == "int8"


def test_a_training_tells_its_labels_and_its_words(rows: list[Row], begun: Begun, tmp_path: Path) -> None:
    corpus = corpus_from_rows(rows)
    path = write_vectors(tmp_path, "glove")
    words = Recipe(init=str(path), filters=4, widths=(1,), epochs=1, refit=False)
    model = train(corpus, words, tmp_path / "model", reporter=begun)
    assert model is not None
    assert "; 4 of the file's 6 words are kept" in begun.notes[0]  # Good is good; no token has a blank
    assert json.loads((model.path / "training.json").read_text())["start"]["offered"] == 6
    with find_device() as device:
        fit_corpus(corpus, Recipe(init=str(model.path), epochs=1, refit=False), device, begun)
    assert "; it keeps 2 labels. Figures flatter" in begun.notes[-1]
