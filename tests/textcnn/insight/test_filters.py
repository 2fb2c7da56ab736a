"""Descriptions of filters hold for the engine: no text fires one more, and these texts fire it so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from textcnn import cli
from textcnn.classifier import TextClassifier
from textcnn.config import ModelConfig, NetworkConfig
from textcnn.directory import ModelDirectory, write_manifest, write_model, write_token_counts
from textcnn.errors import ConfigError, ModelDirectoryError
from textcnn.evidence.logit_shares import winning_windows
from textcnn.insight.filters import Gallery, make_gallery
from textcnn.insight.neighbours import neighbours
from textcnn.network.weights import expected_shapes
from textcnn.new_directory import new_directory
from textcnn.tokens.token_batch import TokenBatch
from textcnn.tokens.tokenizer import Tokenizer

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.network.weights import Weights

TEXTS = ["a good and warm film", "a bad film, bad, bad", "weather report for the week", "你好 世界", ""]


def save(path: Path, counts: list[int] | None = None, **shape: Any) -> ModelDirectory:  # noqa: ANN401  # of many types
    """A model whose first two filters of width 2 are the same, and whose third cannot fire."""
    tokenizer = Tokenizer.train([*TEXTS] * 3)
    network = NetworkConfig(
        vocabulary_size=tokenizer.vocabulary_size,
        outputs=2,
        embedding_dim=6,
        filters=4,
        widths=(2, 3),
        **shape,
    )
    random = np.random.default_rng(3)
    weights: Weights = {
        name: random.normal(0, 0.5, size).astype(np.float32)
        for name, size in expected_shapes(network).items()
    }
    weights["convolutions.2.weight"][1] = 2 * weights["convolutions.2.weight"][0]
    weights["convolutions.2.bias"][2] = -1000
    with new_directory(path) as directory:
        write_model(directory, ModelConfig(labels=("a", "<b>"), network=network), weights, tokenizer)
        if counts is not None:
            write_token_counts(directory, np.array(counts))
            write_manifest(directory)
    return ModelDirectory(path)


def gallery_of(directory: ModelDirectory, texts: list[str] | None = None) -> Gallery:
    return make_gallery(TextClassifier.from_directory(directory), directory, texts)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> ModelDirectory:
    return save(tmp_path_factory.mktemp("models") / "plain")


@pytest.mark.parametrize("shape", [{}, {"activation": "tanh"}, {"pooling": "max+mean", "members": 2}])
def test_no_text_fires_a_filter_more_than_its_best_n_gram(shape: dict[str, Any], tmp_path: Path) -> None:
    directory = save(tmp_path / "model", **shape)
    classifier = TextClassifier.from_directory(directory)
    numbers = {token: number for number, token in enumerate(classifier.tokenizer.vocabulary())}
    bank = classifier.config.network.bank
    found = {(each.width, each.number): each for each in gallery_of(directory).filters}
    assert len(found) == 2 * bank

    @settings(deadline=None, max_examples=60)
    @given(ids=st.lists(st.integers(1, len(numbers) - 1), max_size=12))
    def holds(ids: list[int]) -> None:
        features = winning_windows(classifier.engine, TokenBatch.of([ids]))[1][0]
        for (width, number), each in found.items():
            place = (0 if width == 2 else bank) + number
            assert features[place] <= each.best.activation + 1e-4 * max(1, each.best.activation)

    holds()
    for (width, number), each in found.items():
        own = [numbers[token] for token in each.best.tokens]
        features = winning_windows(classifier.engine, TokenBatch.of([own]))[1][0]
        assert features[(0 if width == 2 else bank) + number] == pytest.approx(each.best.activation, rel=1e-3)


def test_what_fires_in_a_corpus_is_what_fires_it(directory: ModelDirectory) -> None:
    classifier = TextClassifier.from_directory(directory)
    totals, features, _ = winning_windows(classifier.engine, classifier.tokenizer.encode_batch(TEXTS))
    gallery = gallery_of(directory, TEXTS)
    assert gallery.texts == len(TEXTS)
    for each in gallery.filters:
        place = (0 if each.width == 2 else 4) + each.number
        assert each.fires == pytest.approx((totals[:, place] > 0).mean())
        assert each.mean == pytest.approx(features[:, place].mean(), rel=1e-5)
        firing = [one.activation for one in each.firing]
        assert firing == sorted(firing, reverse=True)
        assert len({one.tokens for one in each.firing}) == len(each.firing)
        assert firing[0] == pytest.approx(features[:-1, place].max())  # the empty text has no n-gram
        assert firing[0] <= each.best.activation + 1e-4


def test_filters_that_do_nothing_or_nothing_new_are_named(directory: ModelDirectory) -> None:
    gallery = gallery_of(directory)
    assert [each.name for each in gallery.dead] == ["2.2"]
    assert [(each.name, each.duplicate_of) for each in gallery.duplicates] == [("2.1", 0)]
    assert not gallery.counted
    assert "does not tell" in next(gallery.sentences())


def test_best_n_grams_are_made_of_tokens_that_were_seen_often(tmp_path: Path) -> None:
    size = save(tmp_path / "first").config().network.vocabulary_size
    counts = [9, 0, 5, 4, *[7, 2] * size][:size]
    directory = save(tmp_path / "second", counts)
    often = {
        token for token, count in zip(directory.tokenizer().vocabulary(), counts, strict=True) if count >= 5
    } - {"[PAD]"}
    gallery = gallery_of(directory)
    assert (gallery.counted, gallery.allowed) == (True, len(often))
    assert {token for each in gallery.filters for token in each.best.tokens} <= often


def test_counts_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelDirectoryError, match=r"tokens\.json"):
        save(tmp_path / "model", [1, 2]).token_counts()


def test_votes_sum_to_nothing_where_one_label_is_given(directory: ModelDirectory) -> None:
    dense = directory.weights()["dense.weight"]
    for each in gallery_of(directory).filters:
        place = (0 if each.width == 2 else 4) + each.number
        assert sum(each.votes.values()) == pytest.approx(0, abs=1e-6)
        assert each.votes["a"] - each.votes["<b>"] == pytest.approx(float(dense[0, place] - dense[1, place]))


def test_neighbours_are_the_tokens_of_the_largest_cosines(directory: ModelDirectory) -> None:
    vectors, tokens = directory.weights()["embedding.weight"], directory.tokenizer().vocabulary()
    own = vectors[tokens.index("bad")]
    cosines = vectors @ own / np.linalg.norm(vectors, axis=1) / np.linalg.norm(own)
    ranked = [tokens[each] for each in (-cosines).argsort() if each and tokens[each] != "bad"]
    assert [token for token, _ in neighbours(directory, "Bad", 4)] == ranked[:4]
    for wrong in ("nowhere", "two words", ""):
        with pytest.raises(ConfigError, match="one token"):
            neighbours(directory, wrong, 3)


def test_the_verb_shows_a_table_json_and_a_page(directory: ModelDirectory, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.csv"
    corpus.write_text("text\na good film\nbad <i>\n", encoding="utf-8")

    def output(*options: str) -> str:
        result = CliRunner().invoke(cli.build_app(), ["filters", str(directory.path), *options])
        if result.exception:
            raise result.exception
        return result.stdout

    page = tmp_path / "page.html"
    shown = output("--corpus", str(corpus), "--html", str(page))
    assert "Dead in 2 texts" in shown
    values = json.loads(output("--corpus", str(corpus), "--json"))
    assert len(values["filters"]) == 8
    assert values["texts"] == 2
    drawn = page.read_text(encoding="utf-8")
    assert all(f'id="f{each["name"]}"' in drawn for each in values["filters"])
    assert "<b>" not in drawn
    assert json.loads(output("--neighbours", "bad", "--json"))[0]["cosine"] <= 1
