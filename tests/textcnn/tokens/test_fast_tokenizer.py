from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textcnn.tokens.character_table import CODE_POINTS
from textcnn.tokens.tokenizer import Tokenizer, TokenKind

if TYPE_CHECKING:
    from collections.abc import Sequence

TEXTS = [
    "a good and warm film, isn't it? GOOD, warmer, warmest; filming films.",
    "你好 世界 電影很好看 カタカナ ひらがな 한국어 문장",
    "Ærø naïve café CAFÉ İstanbul ΣΊΣΥΦΟΣ ß ǅ ﬁ",
    "مرحبا بالعالم שלום עולם हिन्दी ไทย",
    "emoji 😀 👩‍👩‍👧 e\u0301 [UNK] ##ing #tag @you 3.14 1,000 $5 a_b a-b",
] * 3
SCRIPTS = [
    st.characters(),
    st.sampled_from("abcdefghij ABCDEFGHIJ '.,!?##"),
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF),
    st.sampled_from("abcd好看很電影か"),
    st.characters(min_codepoint=0x1F300, max_codepoint=0x1FAFF),
    st.characters(min_codepoint=0x590, max_codepoint=0x6FF),
    st.characters(min_codepoint=0x300, max_codepoint=0x36F),
    st.characters(min_codepoint=0, max_codepoint=0xFF),
    st.characters(min_codepoint=0x2000, max_codepoint=0x206F),
]
ANY_TEXT = st.lists(st.one_of(*(st.text(script, max_size=12) for script in SCRIPTS)), max_size=6).map("".join)


KINDS = ["word", "word, case kept", "wordpiece", "wordpiece, no accents", "unigram"]


@pytest.fixture(scope="module", params=KINDS)
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    name, _, how = request.param.partition(", ")
    if name == "unigram":
        return Tokenizer(json.dumps(unigram()))
    kind: TokenKind = name
    trained = Tokenizer.train(TEXTS, kind=kind, lowercase=how != "case kept")
    specification = json.loads(trained.to_json())
    specification["normalizer"]["strip_accents"] = how == "no accents"
    return Tokenizer(json.dumps(specification))


def unigram() -> dict[str, Any]:
    """Pieces of which many cuts are equally likely, and letters that none has."""
    specification: dict[str, Any] = json.loads(Tokenizer.train(TEXTS).to_json())
    specification["normalizer"]["handle_chinese_chars"] = False
    words = (
        "a b ab abc bc cd good goo d film films s m f i l o g 好 好看 很好 很 看 電影 電 影 かな 😀 , . ' #"
    )
    scores = [-3.0, -4.5, -1.25, -3.0, -0.1]
    vocabulary = [[word, scores[number % len(scores)]] for number, word in enumerate(words.split())]
    vocabulary = [["[PAD]", -20.0], ["[UNK]", -20.0], *vocabulary]
    specification["model"] = {"type": "Unigram", "unk_id": 1, "vocab": vocabulary, "byte_fallback": False}
    return specification


def assert_the_librarys_ids(tokenizer: Tokenizer, texts: Sequence[str]) -> None:
    batch = tokenizer.encode_batch(texts)
    expected = tokenizer._ids_by_library(texts)
    assert [ids.tolist() for ids in batch] == expected


@given(texts=st.lists(ANY_TEXT, max_size=4))
@settings(deadline=None, max_examples=300)
def test_any_text_has_the_librarys_ids(tokenizer: Tokenizer, texts: list[str]) -> None:
    assert tokenizer.fast is not None
    assert_the_librarys_ids(tokenizer, texts)


SCALARS = [code for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]


@pytest.mark.slow
def test_every_code_point_parts_or_joins_words_as_in_the_library() -> None:
    pieces = Tokenizer.train(TEXTS, kind="wordpiece")
    for start in range(0, len(SCALARS), 8192):
        assert_the_librarys_ids(pieces, [f"good{chr(code)}film" for code in SCALARS[start : start + 8192]])


@pytest.mark.slow
def test_characters_repeated_and_at_the_ends_have_the_librarys_ids(tokenizer: Tokenizer) -> None:
    # Planes without characters are alike: one page in sixteen of them.
    codes = [code for code in SCALARS if code < 0x20000 or 0xE0000 <= code < 0xE0200 or code % 4096 < 16]
    texts = [f"good{chr(code)}film {chr(code)}a{chr(code)}{chr(code)}" for code in codes]
    for start in range(0, len(texts), 8192):
        assert_the_librarys_ids(tokenizer, texts[start : start + 8192])


def test_real_sentences_do_not_go_through_the_library(tokenizer: Tokenizer) -> None:
    assert tokenizer.fast is not None
    for text in ("A good film — isn’t it?", "电影很好看！", "emoji 😀", "naïve café"):
        _, left = tokenizer.fast.encode([text.encode()])
        assert left is None


def test_no_text_makes_it_grow(tokenizer: Tokenizer) -> None:
    fast = tokenizer.fast
    assert fast is not None
    before = [np.asarray(part).nbytes for part in fast.arrays]
    tokenizer.encode_batch([f"never{number}seen {chr(0x3000 + number)}" for number in range(3000)])
    assert [np.asarray(part).nbytes for part in fast.arrays] == before
    assert len(fast.arrays.characters) == CODE_POINTS


@pytest.mark.parametrize("length", [99, 100, 101, 5_000])
def test_long_words_are_unknown_where_the_library_says_so(tokenizer: Tokenizer, length: int) -> None:
    assert_the_librarys_ids(tokenizer, ["a" * length, "好" * length, "good" * length])


@pytest.mark.parametrize("change", ["no unknown", "unknown is null", "unknown is a word", "score"])
def test_any_other_unigram_model_goes_through_the_library(change: str) -> None:
    specification = unigram()
    model = specification["model"]
    match change:
        case "no unknown":
            del model["unk_id"]
        case "unknown is null":
            model["unk_id"] = None
        case "unknown is a word":
            model["unk_id"] = 2
        case "score":
            model["vocab"] = [[token, 50.0] for token, _ in model["vocab"]]
    tokenizer = Tokenizer(json.dumps(specification))
    assert tokenizer.fast is None
    assert_the_librarys_ids(tokenizer, ["ab good film", "好看"])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("normalizer", {"type": "Lowercase"}),
        ("normalizer", None),
        ("pre_tokenizer", {"type": "Whitespace"}),
        ("added_tokens", [{"id": 5, "content": "good", "single_word": False, "lstrip": False,
                           "rstrip": False, "normalized": False, "special": True}]),
    ],
)  # fmt: skip
def test_any_other_tokenizer_goes_through_the_library(key: str, value: object) -> None:
    specification = json.loads(Tokenizer.train(TEXTS).to_json())
    specification[key] = value
    tokenizer = Tokenizer(json.dumps(specification))
    assert tokenizer.fast is None
    assert_the_librarys_ids(tokenizer, ["A good film", "你好", ""])
