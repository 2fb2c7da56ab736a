from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textcnn.errors import ModelError
from textcnn.tokens.surrogates import without_surrogates
from textcnn.tokens.token_batch import TokenBatch
from textcnn.tokens.tokenizer import Tokenizer, TokenKind

TEXTS = ["a good and warm film", "a bad film", "weather, weather!", "你好 世界", "[PAD] [UNK] good"] * 3


@pytest.fixture(scope="module", params=["word", "wordpiece"])
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    kind: TokenKind = request.param
    return Tokenizer.train(TEXTS, kind=kind)


def test_the_vocabulary_comes_from_the_given_texts_alone() -> None:
    tokenizer = Tokenizer.train(["red green", "red green"], kind="word")
    assert tokenizer.tokens("red blue") == ["red", "[UNK]"]


def test_another_process_gets_the_same_tokenizer(tokenizer: Tokenizer) -> None:
    other: Tokenizer = pickle.loads(pickle.dumps(tokenizer))
    assert other.to_json() == tokenizer.to_json()
    assert other.encode_batch(["good film"])[0].tolist() == tokenizer.encode_batch(["good film"])[0].tolist()


def test_training_twice_gives_the_same_tokenizer() -> None:
    texts = [f"word{number % 37} tail{number % 11}ing 字{number}" for number in range(400)]
    for kind in ("word", "wordpiece"):
        assert Tokenizer.train(texts, kind=kind).to_json() == Tokenizer.train(texts, kind=kind).to_json()


def test_cjk_characters_are_tokens_of_their_own(tokenizer: Tokenizer) -> None:
    assert tokenizer.tokens("你好世界") == ["你", "好", "世", "界"]


def test_special_tokens_typed_by_a_user_are_plain_text(tokenizer: Tokenizer) -> None:
    for typed in ("[PAD]", "[UNK]", "x[PAD]x"):
        assert 0 not in tokenizer.encode(typed)
    assert tokenizer.tokens("[PAD]")[0] == "["


@given(text=st.text(alphabet=st.characters(), max_size=40))
@settings(deadline=None, max_examples=200)
def test_any_text_alone_and_in_a_batch_has_the_same_ids(tokenizer: Tokenizer, text: str) -> None:
    alone = tokenizer.encode(text)
    batch = tokenizer.encode_batch(["good film", text, "\ud800 bad"])
    np.testing.assert_array_equal(alone, batch[1])
    assert 0 not in alone


def test_a_text_without_a_visible_character_has_no_tokens(tokenizer: Tokenizer) -> None:
    for text in ("", " \t\n", "\u200b", "\x00"):
        assert len(tokenizer.encode(text)) == 0


def test_lone_surrogates_are_replaced_and_pairs_are_joined() -> None:
    assert without_surrogates("a\ud83d\ude00b\ud800") == "a😀b�"


def test_it_survives_the_way_to_json_and_back(tokenizer: Tokenizer) -> None:
    again = Tokenizer(tokenizer.to_json())
    assert again.vocabulary_size == tokenizer.vocabulary_size
    np.testing.assert_array_equal(again.encode("a good film"), tokenizer.encode("a good film"))


def test_what_is_no_tokenizer_is_refused(tokenizer: Tokenizer) -> None:
    with pytest.raises(ModelError, match="not a tokenizer"):
        Tokenizer("{}")
    specification = json.loads(tokenizer.to_json())
    vocabulary = specification["model"]["vocab"]
    vocabulary["[PAD]"], vocabulary["[UNK]"] = vocabulary["[UNK]"], vocabulary["[PAD]"]
    with pytest.raises(ModelError, match="tokens 0 and 1"):
        Tokenizer(json.dumps(specification))


@given(rows=st.lists(st.lists(st.integers(0, 9))))
def test_a_batch_gives_back_its_rows(rows: list[list[int]]) -> None:
    batch = TokenBatch.of(rows)
    assert [row.tolist() for row in batch] == rows
    assert batch.lengths.tolist() == [len(row) for row in rows]
