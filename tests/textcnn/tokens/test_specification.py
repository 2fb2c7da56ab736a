"""Specifications of tokenizers from anybody: bounded in what they make of a text, and in time."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from textcnn.catalogue import bundled_models
from textcnn.errors import ModelError
from textcnn.tokens.specification import require_allowed_parts
from textcnn.tokens.tokenizer import Tokenizer


def specification(**parts: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON
    values: dict[str, Any] = json.loads(Tokenizer.of_words(["a", "film"]).to_json())
    return {**values, **parts}


def replace(pattern: dict[str, str], content: str) -> dict[str, Any]:
    return {"type": "Replace", "pattern": pattern, "content": content}


def in_turn(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Sequence", "normalizers": [*parts]}


def split(pattern: dict[str, str]) -> dict[str, Any]:
    return {"type": "Split", "pattern": pattern, "behavior": "Isolated", "invert": False}


@pytest.mark.parametrize(
    "normalizer",
    [
        in_turn(*[replace({"String": "a"}, "a" * 50)] * 3),
        in_turn(in_turn(in_turn(*[replace({"Regex": "x*"}, "a" * 9)] * 3))),
        {"type": "Prepend", "prepend": "a" * 1_000_000},
        in_turn(*[{"type": "ByteLevel"}] * 4),
        in_turn(*[{"type": "Lowercase"}] * 100),
    ],
)
def test_a_text_does_not_grow_beyond_bounds(normalizer: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="times as long"):
        Tokenizer(json.dumps(specification(normalizer=normalizer)))


def test_a_regular_expression_that_takes_for_ever_is_refused_in_seconds() -> None:
    began = time.monotonic()
    with pytest.raises(ModelError, match="regular expressions"):
        Tokenizer(json.dumps(specification(pre_tokenizer=split({"Regex": "(?:a?){40}a{40}(a+a+)+$"}))))
    assert time.monotonic() - began < 20


def test_a_regular_expression_whose_time_grows_with_the_cube_of_a_text_is_refused() -> None:
    """The library gives up on none of its matches, and each takes a while."""
    with pytest.raises(ModelError, match=r"take more than 0\.5 s for [\d,]+ characters"):
        Tokenizer(json.dumps(specification(pre_tokenizer=split({"Regex": "a*a*[^a!]"}))))


def test_a_directory_may_have_a_sensible_regular_expression() -> None:
    tokenizer = Tokenizer(json.dumps(specification(pre_tokenizer=split({"Regex": r"\s+"}))))
    assert tokenizer.tokens("a film")[0] == "a"


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"pre_tokenizer": split({"Regex": r"\s+"})}, "regular expression"),
        ({"normalizer": in_turn(replace({"Regex": " "}, "_"))}, "regular expression"),
        ({"normalizer": {"type": "Precompiled", "precompiled_charsmap": ""}}, "normalizer"),
        ({"pre_tokenizer": {"type": "New"}}, "pre_tokenizer"),
        ({"model": {"type": "BPE", "dropout": 0.1, "vocab": {}, "merges": []}}, "dropout"),
        ({"model": {"type": "WordPiece", "max_input_chars_per_word": 10**15, "vocab": {}}}, "characters"),
        ({"model": {"type": "WordLevel", "vocab": {"a" * 5_000: 2}}}, "characters"),
    ],
)
def test_what_is_sent_has_allowed_parts_alone(parts: dict[str, Any], said: str) -> None:
    with pytest.raises(ModelError, match=said):
        require_allowed_parts(specification(**parts))


def test_the_tokenizers_that_training_makes_are_allowed() -> None:
    for kind in ("word", "wordpiece"):
        trained = Tokenizer.train(["a good film"] * 3, kind=kind)
        require_allowed_parts(json.loads(trained.to_json()))
    for path in bundled_models().values():
        require_allowed_parts(json.loads((path / "tokenizer.json").read_text(encoding="utf-8")))
