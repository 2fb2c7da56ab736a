"""What training begins with: the bundled bases, encoders, word vectors, earlier models."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer as LibraryTokenizer
from tokenizers import models, normalizers, pre_tokenizers, processors

from textcnn.engine.weights import DENSE_WEIGHT, EMBEDDING, quantise_rows
from textcnn.errors import ConfigError
from textcnn.training.data.corpus import corpus_from_rows
from textcnn.training.defaults import settle
from textcnn.training.device import find_place
from textcnn.training.fitting.fitter import labels_note, start_note
from textcnn.training.init.bundled_base import (
    CHINESE,
    LEAST_SHARE,
    MOST_OTHER,
    east_asian_letters,
    find_base,
    read_base,
    whole_words,
)
from textcnn.training.init.choose_start import find_start
from textcnn.training.init.encoder_vectors import read_encoder
from textcnn.training.init.start import SPREAD, Found, conditioned
from textcnn.training.init.word_vectors import read_word_vectors
from textcnn.training.progress import Reporter
from textcnn.training.recipe import Recipe
from textcnn.training.train import fit_corpus, train

if TYPE_CHECKING:
    from pathlib import Path

    from tests.training.conftest import Begun
    from textcnn.reading.rows import Row

ENGLISH = [
    "The train to the coast was late again and nobody told us why it had stopped",
    "A warm and funny story about two brothers who open a small restaurant",
]
OTHERS = [
    "Der schnelle Zug fährt heute nicht nach Hamburg, weil die Strecke gesperrt ist",
    "Le service était très lent et nous avons attendu notre repas avec les enfants",
    "这家餐厅的服务很好，我们下次还会再来",
    "Поезд сегодня опоздал на два часа и никто не объяснил почему",
]


def test_the_base_knows_english_words_and_its_special_tokens_are_plain_text() -> None:
    base = read_base()
    assert base.tokenizer.tokens("A warm and funny film") == ["a", "warm", "and", "funny", "film"]
    assert not {"[CLS]", "[MASK]", "[SEP]", "[unused1]"} & set(base.tokenizer.vocabulary())
    assert base.tokenizer.tokens("[CLS]") == ["[", "cl", "##s", "]"]
    assert base.vectors.shape == (base.tokenizer.vocabulary_size, 208)
    assert not base.vectors[:2].any()
    assert base.vectors[2:].std() == pytest.approx(SPREAD, rel=1e-3)


def test_similar_words_are_near_each_other_in_the_base() -> None:
    base = read_base()

    def vector(word: str) -> Any:  # noqa: ANN401
        found = base.vectors[base.tokenizer.encode(word)[0]]
        return found / np.linalg.norm(found)

    assert vector("good") @ vector("great") > vector("good") @ vector("table") + 0.1
    assert vector("awful") @ vector("terrible") > vector("awful") @ vector("monday") + 0.1


@pytest.mark.parametrize("text", ENGLISH)
def test_english_is_english(text: str) -> None:
    assert whole_words([text], read_base()) > LEAST_SHARE


@pytest.mark.parametrize("text", OTHERS)
def test_other_languages_are_not(text: str) -> None:
    assert whole_words([text], read_base()) < LEAST_SHARE - 0.2


CHINESE_TEXTS = [
    "房间很干净，服务员的态度也很热情，下次还住这里。",
    "快遞太慢了！等了一個星期，手機屏幕還是碎的",
    "iPhone 的电池用不到一天就没电了，充电器 5V 也不行，客服不理人",
]
NOT_CHINESE = [
    "部屋はとても綺麗で、駅からも近いのでまた利用したいと思います。",
    "배송이 너무 늦어서 실망했지만 상품은 마음에 듭니다",
    *ENGLISH,
]


def test_the_chinese_base_cuts_words_and_knows_signs_of_full_width() -> None:
    base = read_base(CHINESE)
    assert base.tokenizer.tokens("这家餐厅的服务很好！") == ["这家", "餐厅", "的服务", "很好", "！"]
    assert base.tokenizer.tokens("iPhone很慢…") == ["iphone", "很", "慢", "…"]
    assert base.vectors.shape == (base.tokenizer.vocabulary_size, 208)
    assert base.vectors[2:].std() == pytest.approx(SPREAD, rel=1e-3)
    narrow, wide = base.vectors[base.tokenizer.encode("! ！")]
    np.testing.assert_array_equal(narrow, wide)


def test_the_chinese_base_needs_no_library_to_find_tokens() -> None:
    tokenizer = read_base(CHINESE).tokenizer
    assert tokenizer.fast is not None
    _, left = tokenizer.fast.encode([text.encode() for text in CHINESE_TEXTS])
    assert left is None
    assert [ids.tolist() for ids in tokenizer.encode_batch(CHINESE_TEXTS)] == tokenizer._ids_by_library(
        CHINESE_TEXTS
    )


@pytest.mark.parametrize("text", CHINESE_TEXTS)
def test_chinese_is_chinese(text: str) -> None:
    found = find_base([text])
    assert found.start is not None
    assert found.start.name == CHINESE
    assert "Chinese characters" in found.reason


@pytest.mark.parametrize("text", NOT_CHINESE)
def test_other_languages_are_not_chinese(text: str) -> None:
    chinese, _ = east_asian_letters([text])
    assert chinese < LEAST_SHARE - 0.2


def test_fewer_dimensions_of_the_base_of_the_language() -> None:
    found = find_start(Recipe(embedding_dim=16), CHINESE_TEXTS, multi_label=False)
    assert found.start is not None
    assert (found.start.name, found.start.vectors.shape[1]) == (CHINESE, 16)
    assert "Chinese characters" in found.reason
    found = find_start(Recipe(embedding_dim=300), CHINESE_TEXTS, multi_label=False)
    assert found == Found(None, "embedding_dim is 300, and the vectors of base-zh have 208 numbers")


def test_headlines_in_japanese_are_not_chinese() -> None:
    headlines = [
        "首相、臨時国会召集を表明",
        "東京株、大幅続落",
        "新幹線全線運転再開へ",
        "台風接近、休校相次ぐ",
    ]
    chinese, other = east_asian_letters(headlines)
    assert chinese > LEAST_SHARE
    assert other > 5 * MOST_OTHER
    found = find_base(headlines)
    assert found.start is None
    assert "kana or hangul" in found.reason


def test_auto_takes_the_base_for_english_unless_the_recipe_wants_tokens_of_its_own() -> None:
    found = find_start(Recipe(), ENGLISH, multi_label=False)
    assert found.start is not None
    assert found.start.name == "base-en"
    assert "mostly English" in found.reason
    for recipe, reason in (
        (Recipe(tokens="word"), "tokens is 'word', and a base brings its own tokenizer"),
        (Recipe(lowercase=False), "lowercase is False, and a base brings its own tokenizer"),
        (Recipe(init="rand"), ""),
        (Recipe(channels="rand"), ""),
    ):
        assert find_start(recipe, ENGLISH, multi_label=False) == Found(None, reason)
    assert find_start(Recipe(), OTHERS, multi_label=False).start is None


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (OTHERS[:1], r"base-en knows \d+\.\d % of the words; 75 % are wanted"),
        ([OTHERS[2], OTHERS[0]], r"\d+\.\d % of the letters are Chinese characters; 75 % are wanted"),
    ],
)
def test_random_vectors_have_a_reason_too(texts: list[str], reason: str) -> None:
    found = find_start(Recipe(), texts, multi_label=False)
    assert found.start is None
    assert re.fullmatch(reason, found.reason)
    told = start_note(found, {"name": "rand"}, Recipe(), ("a", "b"))
    assert told == f"starting from random vectors ({found.reason})"


def test_fewer_dimensions_are_the_main_ones() -> None:
    random = np.random.default_rng(0)
    vectors = (random.normal(size=(500, 2)) @ random.normal(size=(2, 20))).astype(np.float32)
    cut = conditioned(vectors, 2)
    assert cut.shape == (500, 2)

    def alike(each: Any) -> Any:  # noqa: ANN401
        centred = each - (1 / np.arange(1, 501) / (1 / np.arange(1, 501)).sum()) @ each
        flat = centred / np.linalg.norm(centred, axis=1, keepdims=True)
        return flat @ flat.T

    np.testing.assert_allclose(alike(cut), alike(vectors), atol=1e-3)  # two directions hold all there is
    with pytest.raises(ConfigError, match="embedding_dim is 21, and the vectors have 20"):
        conditioned(vectors, 21)


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


def test_going_on_from_a_model_keeps_what_it_knows_and_adds_labels(
    rows: list[Row], recipe: Recipe, tmp_path: Path
) -> None:
    earlier = tmp_path / "earlier"
    train(corpus_from_rows(rows), recipe, earlier)
    grown = [row if number % 9 else replace(row, labels=("other",)) for number, row in enumerate(rows)]
    corpus = corpus_from_rows(grown)
    start = find_start(Recipe(init=str(earlier)), corpus.train[:]["text"], multi_label=False).start
    assert start is not None
    assert start.model is not None
    drawn = {
        **start.weights,
        DENSE_WEIGHT: np.zeros((3, 16), np.float32),
        "dense.bias": np.zeros(3, np.float32),
    }
    weights = start.weights_for(corpus.labels, drawn)
    assert corpus.labels == ("negative", "other", "positive")
    np.testing.assert_array_equal(weights[DENSE_WEIGHT][[0, 2]], start.weights[DENSE_WEIGHT])
    assert not weights[DENSE_WEIGHT][1].any()
    np.testing.assert_array_equal(weights[EMBEDDING], start.weights[EMBEDDING])
    with find_place() as place:
        trained = fit_corpus(corpus, Recipe(init=str(earlier), epochs=1), place, Reporter())
        afresh = fit_corpus(corpus, recipe.model_copy(update={"epochs": 1}), place, Reporter())
    assert trained.recipe.widths == (1, 2)
    assert settle(Recipe(), 100, 25, start).filters == 8  # many labels change no shape that is there
    assert trained.run.history[0]["loss"] < afresh.run.history[0]["loss"] - 0.1


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (("negative", "positive"), "it keeps 2 labels"),
        (("negative", "neutral"), "it keeps 1 label, adds neutral, drops positive"),
        ((*"abcdef", "positive"), "it keeps 1 label, adds 6 labels, drops negative"),
        (
            ("Negative", "Positive"),
            "none of its labels (negative, positive) is one of the corpus's (Negative, Positive), "
            "which all begin afresh",
        ),
    ],
)
def test_labels_that_go_on_begin_afresh_or_go_are_told(labels: tuple[str, ...], told: str) -> None:
    assert labels_note(("negative", "positive"), labels) == told


def test_a_training_tells_its_labels_and_its_words(rows: list[Row], begun: Begun, tmp_path: Path) -> None:
    corpus = corpus_from_rows(rows)
    path = write_vectors(tmp_path, "glove")
    words = Recipe(init=str(path), filters=4, widths=(1,), epochs=1, refit=False)
    model = train(corpus, words, tmp_path / "model", reporter=begun)
    assert model is not None
    assert "; 4 of the file's 6 words are kept" in begun.notes[0]  # Good is good; no token has a blank
    assert json.loads((model.path / "training.json").read_text())["start"]["offered"] == 6
    with find_place() as place:
        fit_corpus(corpus, Recipe(init=str(model.path), epochs=1, refit=False), place, begun)
    assert "; it keeps 2 labels. Figures flatter" in begun.notes[-1]


def test_going_on_in_another_shape_is_refused(rows: list[Row], recipe: Recipe, tmp_path: Path) -> None:
    earlier = tmp_path / "earlier"
    train(corpus_from_rows(rows), recipe.model_copy(update={"epochs": 1}), earlier)
    for wrong, field in (
        (Recipe(init=str(earlier), filters=9), "filters"),
        (Recipe(init=str(earlier), tokens="word"), "tokens"),
    ):
        with pytest.raises(ConfigError, match=field):
            find_start(wrong, ["good film"], multi_label=False)
    with pytest.raises(ConfigError, match="one label each, and those of the corpus several"):
        find_start(Recipe(init=str(earlier)), ["good film"], multi_label=True)


@pytest.mark.parametrize("channels", ["static", "non-static", "multichannel"])
def test_kims_modes_start_from_the_vectors_and_train_what_they_say(channels: Any, rows: list[Row]) -> None:  # noqa: ANN401
    recipe = Recipe(init="base-en", channels=channels, embedding_dim=8, filters=4, widths=(1,), epochs=1)
    with find_place() as place:
        trained = fit_corpus(corpus_from_rows(rows), recipe, place, Reporter())
    rows_of_base, scales = quantise_rows(read_base(dimensions=8).vectors)  # as the model keeps them
    base = rows_of_base * scales[:, None]
    moved = np.abs(trained.weights[EMBEDDING] - base).max()
    assert (moved < 1e-6) == (channels == "static")
    if channels == "multichannel":
        assert np.abs(trained.weights["static_embedding.weight"] - base).max() < 1e-6


def test_the_mode_rand_with_vectors_is_a_contradiction() -> None:
    with pytest.raises(ConfigError, match="channels is 'rand', which means random vectors"):
        find_start(Recipe(init="base-en", channels="rand"), ENGLISH, multi_label=False)


def test_every_member_starts_from_the_vectors(rows: list[Row]) -> None:
    recipe = Recipe(init="base-en", members=2, epochs=1, learning_rate=1e-9, embedding_learning_rate=1e-9)
    corpus = corpus_from_rows(rows, seed=0, validation_share=0.2, test_share=None)
    with find_place() as place:
        trained = fit_corpus(corpus, recipe, place, Reporter())
    base = read_base().vectors
    halves = np.split(trained.weights[EMBEDDING], 2, axis=1)
    for half in halves:
        np.testing.assert_allclose(half, base, atol=np.abs(base).max() / 100)  # stored as int8
    first, second = np.split(trained.weights["convolutions.3.weight"], 2)
    assert not np.allclose(first, second)


def test_a_settled_recipe_trains_the_same_again(rows: list[Row]) -> None:
    corpus = corpus_from_rows(rows[:60], seed=0)
    recipe = Recipe(init="base-en", filters=4, epochs=1, refit=False)
    with find_place() as place:
        once = fit_corpus(corpus, recipe, place, Reporter())
        again = fit_corpus(corpus, Recipe(**once.recipe.model_dump(mode="json")), place, Reporter())
    assert again.recipe == once.recipe
    for name, array in once.weights.items():
        np.testing.assert_array_equal(again.weights[name], array)


def test_a_training_json_given_back_trains_the_same_again(
    rows: list[Row], recipe: Recipe, tmp_path: Path
) -> None:
    corpus = corpus_from_rows(rows[:60], seed=0)
    earlier = tmp_path / "earlier"
    train(corpus, recipe, earlier)
    for name, given in (("base", Recipe(embedding_dim=8)), ("warm", Recipe(init=str(earlier), epochs=1))):
        once = train(corpus, given, tmp_path / name)
        again = train(corpus, Recipe.read(tmp_path / name / "training.json"), tmp_path / f"{name} again")
        assert once is not None
        assert again is not None
        for key, array in once.weights().items():
            np.testing.assert_array_equal(again.weights()[key], array)
