from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer as LibraryTokenizer
from tokenizers import models, normalizers, pre_tokenizers, processors

from tests.training.init.conftest import ENGLISH
from textcnn.errors import ConfigError
from textcnn.recipe import Recipe
from textcnn.training.init.choose_start import find_start
from textcnn.training.init.encoder_vectors import read_encoder
from textcnn.training.init.start import conditioned

if TYPE_CHECKING:
    from pathlib import Path


def write_encoder(path: Path, tokenizer: LibraryTokenizer, rows: int, *, key: str) -> Path:
    path.mkdir()
    tokenizer.save(str(path / "tokenizer.json"))
    vectors = np.random.default_rng(1).normal(size=(rows, 12)).astype(np.float32)
    save_file(
        {key: vectors, "encoder.layer.0.weight": np.ones((3, 3), np.float32)}, path / "model.safetensors"
    )
    return path


def bert_like() -> LibraryTokenizer:
    words = ["[PAD]", "[unused0]", "[UNK]", "[CLS]", "[SEP]", "good", "film", "##s", "a", "bad", "the"]
    numbers = {word: number for number, word in enumerate(words)}
    tokenizer = LibraryTokenizer(models.WordPiece(numbers, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 4), ("[CLS]", 3))
    tokenizer.add_special_tokens(["[CLS]", "[SEP]", "[PAD]", "[UNK]"])
    tokenizer.enable_truncation(2)
    tokenizer.enable_padding(length=2)
    return tokenizer


def test_an_encoder_gives_its_tokens_and_vectors_and_nothing_else(tmp_path: Path) -> None:
    path = write_encoder(tmp_path / "encoder", bert_like(), 11, key="bert.embeddings.word_embeddings.weight")
    start = read_encoder(path, name="encoder")
    assert start.tokenizer.vocabulary() == ["[PAD]", "[UNK]", "good", "film", "##s", "a", "bad", "the"]
    assert start.tokenizer.tokens("The good films [CLS] a a") == [
        "the",
        "good",
        "film",
        "##s",
        *["[UNK]"] * 3,
        "a",
        "a",
    ]
    raw = np.random.default_rng(1).normal(size=(11, 12)).astype(np.float32)
    np.testing.assert_allclose(start.vectors[2:], conditioned(raw[5:], None), atol=1e-6)
    assert start.known.tolist() == [False, False, *[True] * 6]


@pytest.mark.parametrize("kind", ["bpe", "unigram", "unigram, unknown in the model alone"])
def test_other_kinds_of_tokenizers_keep_their_ids_in_order(kind: str, tmp_path: Path) -> None:
    if kind == "bpe":
        vocabulary = {"<s>": 0, "<unk>": 1, "a": 2, "b": 3, "ab": 4}
        tokenizer = LibraryTokenizer(models.BPE(vocabulary, [("a", "b")], unk_token="<unk>"))
        tokenizer.add_special_tokens(["<s>"])
    else:
        pieces = [("<s>", 0.0), ("<unk>", 0.0), ("a", -2.0), ("b", -2.0), ("ab", -3.0)]
        tokenizer = LibraryTokenizer(models.Unigram(pieces, 1, False))
        tokenizer.add_special_tokens(["<s>", "<unk>"] if kind == "unigram" else ["<s>"])
    path = write_encoder(tmp_path / "encoder", tokenizer, 5, key="shared.weight")
    start = read_encoder(path, name="encoder")
    assert start.tokenizer.vocabulary() == ["[PAD]", "[UNK]", "a", "b", "ab"]
    assert start.tokenizer.encode("abb").tolist() == [4, 3]
    raw = np.random.default_rng(1).normal(size=(5, 12)).astype(np.float32)
    np.testing.assert_allclose(start.vectors[2:], conditioned(raw[2:], None), atol=1e-6)


def test_a_tokenizer_without_an_unknown_token_keeps_all_others(tmp_path: Path) -> None:
    vocabulary = {"None": 0, "a": 1, "N": 2, "o": 3, "n": 4, "e": 5, "No": 6, "ne": 7}
    merges = [("N", "o"), ("n", "e"), ("No", "ne")]
    path = write_encoder(
        tmp_path / "encoder", LibraryTokenizer(models.BPE(vocabulary, merges)), 8, key="wte.weight"
    )
    assert read_encoder(path, name="encoder").tokenizer.tokens("Nonea") == ["None", "a"]


def test_an_encoder_whose_parts_do_not_fit_says_so(tmp_path: Path) -> None:
    path = write_encoder(tmp_path / "short", bert_like(), 9, key="embeddings.word_embeddings.weight")
    with pytest.raises(ConfigError, match=r"has the id 10, and its matrix .* 9 rows"):
        read_encoder(path, name="short")
    path = write_encoder(tmp_path / "other", bert_like(), 11, key="something")
    with pytest.raises(ConfigError, match="no array there is named as word embeddings"):
        read_encoder(path, name="other")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="neither a model of textcnn"):
        find_start(Recipe(init=str(tmp_path / "empty")), ENGLISH, multi_label=False)


def test_a_name_that_nobody_knows_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ConfigError, match="no file or directory has this name, and the hub gave none"):
        find_start(Recipe(init="nobody/nothing"), ENGLISH, multi_label=False)
