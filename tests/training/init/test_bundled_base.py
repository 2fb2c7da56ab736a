from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.training.init.conftest import CHINESE_TEXTS, ENGLISH, OTHERS
from textcnn.training.init.bundled_base import (
    CHINESE,
    LEAST_SHARE,
    MOST_OTHER,
    east_asian_letters,
    find_base,
    read_base,
    whole_words,
)
from textcnn.training.init.start import SPREAD

if TYPE_CHECKING:
    from textcnn.training.init.start import Start

NOT_CHINESE = [
    "部屋はとても綺麗で、駅からも近いのでまた利用したいと思います。",
    "배송이 너무 늦어서 실망했지만 상품은 마음에 듭니다",
    *ENGLISH,
]


@pytest.fixture(scope="module")
def chinese_base() -> Start:
    return read_base(CHINESE)


def test_the_base_knows_english_words_and_its_special_tokens_are_plain_text(base: Start) -> None:
    assert base.tokenizer.tokens("A warm and funny film") == ["a", "warm", "and", "funny", "film"]
    assert not {"[CLS]", "[MASK]", "[SEP]", "[unused1]"} & set(base.tokenizer.vocabulary())
    assert base.tokenizer.tokens("[CLS]") == ["[", "cl", "##s", "]"]
    assert base.vectors.shape == (base.tokenizer.vocabulary_size, 208)
    assert not base.vectors[:2].any()
    assert base.vectors[2:].std() == pytest.approx(SPREAD, rel=1e-3)


def test_similar_words_are_near_each_other_in_the_base(base: Start) -> None:
    def vector(word: str) -> Any:  # noqa: ANN401
        found = base.vectors[base.tokenizer.encode(word)[0]]
        return found / np.linalg.norm(found)

    assert vector("good") @ vector("great") > vector("good") @ vector("table") + 0.1
    assert vector("awful") @ vector("terrible") > vector("awful") @ vector("monday") + 0.1


@pytest.mark.parametrize("text", ENGLISH)
def test_english_is_english(text: str, base: Start) -> None:
    assert whole_words([text], base) > LEAST_SHARE


@pytest.mark.parametrize("text", OTHERS)
def test_other_languages_are_not(text: str, base: Start) -> None:
    assert whole_words([text], base) < LEAST_SHARE - 0.2


def test_the_chinese_base_cuts_words_and_knows_signs_of_full_width(chinese_base: Start) -> None:
    base = chinese_base
    assert base.tokenizer.tokens("这家餐厅的服务很好！") == ["这家", "餐厅", "的服务", "很好", "！"]
    assert base.tokenizer.tokens("iPhone很慢…") == ["iphone", "很", "慢", "…"]
    assert base.vectors.shape == (base.tokenizer.vocabulary_size, 208)
    assert base.vectors[2:].std() == pytest.approx(SPREAD, rel=1e-3)
    narrow, wide = base.vectors[base.tokenizer.encode("! ！")]
    np.testing.assert_array_equal(narrow, wide)


def test_the_chinese_base_needs_no_library_to_find_tokens(chinese_base: Start) -> None:
    tokenizer = chinese_base.tokenizer
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
