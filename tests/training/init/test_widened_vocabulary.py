"""A base learns the characters and words of a corpus that it lacks, and keeps all that it knows."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tokenizers

from textcnn.classifier import TextClassifier
from textcnn.config import UNKNOWN_ID
from textcnn.reading.rows import Row
from textcnn.recipe import Recipe
from textcnn.tokens.tokenizer import Tokenizer
from textcnn.training.data.corpus import corpus_from_rows
from textcnn.training.init.bundled_base import CHINESE, read_base
from textcnn.training.init.start import SPREAD, ChosenStart, Start
from textcnn.training.init.widened_vocabulary import LEAST_OCCURRENCES, MOST_ADDED, widen, widened
from textcnn.training.train import train

if TYPE_CHECKING:
    from pathlib import Path

GLAD, SAD = ("😀", "🎉", "🥳", "👍🏽"), ("😢", "😡", "💔", "👎")
PLAIN = ("the", "today", "we", "got", "late", "again", "walking", "home", "so", "with")
LACKED = ("🥲", "ሰላም", "ꙮ", "𐌿", "🫠")


@pytest.fixture(scope="module")
def chinese() -> Start:
    return read_base(CHINESE)


def emoji_rows(count: int) -> list[Row]:
    """Texts of plain words in which one emoji, alone or glued to a word, tells the label."""
    chooser = random.Random(0)
    rows = []
    for line in range(1, count + 1):
        label = chooser.choice(("glad", "sad"))
        emoji = chooser.choice(GLAD if label == "glad" else SAD)
        glue = chooser.choice(("", " "))
        rows.append(Row(line, f"{' '.join(chooser.choices(PLAIN, k=7))}{glue}{emoji}", (label,), "emoji.csv"))
    return rows


def test_an_emoji_that_alone_decides_is_learnt_by_default(tmp_path: Path) -> None:
    corpus = corpus_from_rows(emoji_rows(300), test=emoji_rows(600)[300:], seed=0)
    model = train(corpus, Recipe(epochs=5, filters=30), tmp_path / "mood")
    assert model is not None
    assert model.training()["start"]["added"] >= 2 * (len(GLAD) + len(SAD))
    classifier = TextClassifier.load(model.path)
    right = [classifier.classify(row.text).label == row.labels[0] for row in emoji_rows(600)[300:]]
    assert np.mean(right) >= 0.98
    assert not classifier.tokenize(["we got late😢", "so 🎉🎉", "💔"]).count(UNKNOWN_ID).any()
    for text in ("we got late 😢", "home😀 again", "🥳👍🏽"):
        explanation = classifier.explain(text)
        evidence = explanation.summary()
        total = evidence["bias"] + evidence["rest"] + sum(item["contribution"] for item in evidence["items"])
        assert total == pytest.approx(evidence["logit"], abs=1e-4)
        assert explanation.detail.prediction == classifier.classify(text)


@pytest.mark.parametrize("language", ["english", "chinese"])
def test_what_comes_three_times_is_added_with_a_vector_of_the_same_spread(
    base: Start, chinese: Start, language: str
) -> None:
    start = base if language == "english" else chinese
    texts = [f"a film {sign}" for sign in LACKED for _ in range(LEAST_OCCURRENCES)]
    wide = widened(start, [*texts, *["rarely 🦩"] * (LEAST_OCCURRENCES - 1)])
    assert wide.added > 0
    assert len(wide.vectors) == len(wide.known) == len(start.vectors) + wide.added
    for sign in LACKED:
        assert UNKNOWN_ID in start.tokenizer.encode(sign)
        assert UNKNOWN_ID not in wide.tokenizer.encode(sign)
    assert UNKNOWN_ID in wide.tokenizer.encode("🦩")
    added = wide.vectors[len(start.vectors) :]
    assert added.std() == pytest.approx(SPREAD, rel=0.1)
    assert not wide.known[len(start.vectors) :].any()
    np.testing.assert_array_equal(wide.vectors[: len(start.vectors)], start.vectors)


@pytest.mark.parametrize("language", ["english", "chinese"])
def test_the_compiled_tokenizer_is_exact_with_a_widened_vocabulary(
    base: Start, chinese: Start, language: str
) -> None:
    start = base if language == "english" else chinese
    wide = widened(start, [" ".join(LACKED) + " na🥲ïve 好🥲"] * LEAST_OCCURRENCES).tokenizer
    library = tokenizers.Tokenizer.from_str(wide.to_json())
    chooser = random.Random(0)
    parts = [
        *LACKED,
        *PLAIN,
        " ",
        " ",
        "😀😀",
        "好",
        "film",
        "!",
        "é",
        "\ufe0f",
        "\u200d",
        "🦩",
        "##😀",
        "[UNK]",
    ]
    for _ in range(300):
        text = "".join(chooser.choices(parts, k=chooser.randint(1, 12)))
        assert wide.encode(text).tolist() == library.encode(text, add_special_tokens=False).ids
        assert wide.spans(text)[0].tolist() == wide.encode(text).tolist()


@pytest.mark.parametrize("language", ["english", "chinese"])
def test_what_a_base_knows_is_cut_as_before(base: Start, chinese: Start, language: str) -> None:
    start = base if language == "english" else chinese
    wide = widened(start, [" ".join(LACKED)] * 5)
    for text in ("A warm, funny and unforgettable film.", "这部电影非常好看，推荐！", "3.5 % of 2,000"):
        assert wide.tokenizer.encode(text).tolist() == start.tokenizer.encode(text).tolist()


def test_characters_come_before_words_and_both_are_bounded(base: Start) -> None:
    signs = [chr(0x13000 + number) for number in range(MOST_ADDED)]  # hieroglyphs
    wide = widened(base, [" ".join(signs)] * LEAST_OCCURRENCES)
    assert wide.added == MOST_ADDED
    few = widened(base, ["ሰላም ሰላም ሰላም ሰላ"])
    vocabulary = few.tokenizer.vocabulary()[len(base.vectors) :]
    assert vocabulary == ["ላ", "##ላ", "ሰ", "##ሰ", "ም", "##ም", "ሰላም"]


def test_words_are_added_to_a_vocabulary_of_words(base: Start) -> None:
    tokenizer = Tokenizer.of_words(["good", "bad"])
    words = Start("words", tokenizer, base.vectors[:4], base.known[:4], "")
    wide = widened(words, ["good film 😀"] * 3 + ["rare"])
    assert wide.tokenizer.vocabulary()[4:] == ["film", "😀"]


def test_the_same_texts_widen_alike_and_known_texts_not_at_all(base: Start) -> None:
    texts = [" ".join(LACKED)] * 3
    one, other = widened(base, texts), widened(base, texts)
    assert one.tokenizer.to_json() == other.tokenizer.to_json()
    np.testing.assert_array_equal(one.vectors, other.vectors)
    assert widened(base, ["a good film", ""] * 5) is base
    assert widen(ChosenStart(None, "why"), texts) == ChosenStart(None, "why")


def test_an_earlier_model_and_word_vectors_keep_their_vocabulary(base: Start, model_dir: Path) -> None:
    for start in (replace(base, model=TextClassifier.load(model_dir).config), replace(base, offered=9)):
        assert widen(ChosenStart(start), [" ".join(LACKED)] * 3).start is start


def test_training_json_tells_what_was_added(base: Start) -> None:
    wide = widened(base, ["😀"] * 3)
    assert wide.describe(np.zeros(0, np.int32))["added"] == 2
    assert "added" not in base.describe(np.zeros(0, np.int32))
    assert json.loads(wide.tokenizer.to_json())["model"]["vocab"]["##😀"] == len(base.vectors) + 1
