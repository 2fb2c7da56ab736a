"""tei-client asks the service as it asks Text Embeddings Inference."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pydantic
import pytest
from tei_client import HttpClient
from tei_client.models import TruncationDirection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textcnn.classifier import TextClassifier

TEXTS = ["a good and warm film", "a bad film", "你好 世界"]


@pytest.fixture
def client(url: str, key: str) -> Iterator[HttpClient]:
    client = HttpClient(url, headers={"authorization": f"Bearer {key}"})
    yield client
    client.client.close()


def test_the_client_takes_the_model_for_a_classifier(client: HttpClient, tiny: TextClassifier) -> None:
    info = client.info()
    assert info.server_model_type.value == "classifier"
    assert info.server_model_metadata.id2label == {str(n): label for n, label in enumerate(tiny.labels)}
    assert info.server_model_id == "tiny"
    assert client.health()


def test_a_text_gets_every_label_best_first(client: HttpClient, tiny: TextClassifier) -> None:
    (answer,) = client.classify(TEXTS[0])
    scores = tiny.classify(TEXTS[0]).scores
    assert {each.label: each.score for each in answer.scores} == scores
    assert [each.score for each in answer.scores] == sorted(scores.values(), reverse=True)


def test_several_texts_are_answered_in_their_order(client: HttpClient, tiny: TextClassifier) -> None:
    answers = client.classify(list(TEXTS))
    found = [{each.label: each.score for each in answer.scores} for answer in answers]
    assert found == [each.scores for each in tiny.classify_batch(TEXTS)]


def test_raw_scores_are_the_logits(client: HttpClient, tiny: TextClassifier) -> None:
    (answer,) = client.classify(TEXTS[0], raw_scores=True)
    logits = tiny.score(tiny.tokenize(TEXTS[:1]))[0].tolist()
    found = {each.label: each.score for each in answer.scores}
    assert [found[label] for label in tiny.labels] == pytest.approx(logits)


def test_the_async_client_gets_the_same(url: str, key: str, client: HttpClient) -> None:
    async def ask() -> object:
        other = HttpClient(url, headers={"authorization": f"Bearer {key}"})
        try:
            await other.async_info()
            return await other.async_classify(
                TEXTS[0], truncate=True, truncation_direction=TruncationDirection.Left
            )
        finally:
            await other.async_client.aclose()
            other.client.close()

    assert asyncio.run(ask()) == client.classify(TEXTS[0])


def test_tokens_are_found_in_the_text(client: HttpClient, tiny: TextClassifier) -> None:
    for text, result in zip(TEXTS, client.tokenize(list(TEXTS)), strict=True):
        assert result.get_ids() == tiny.tokenizer.encode(text).tolist()
        for token in result.tokens:
            assert token.text == text[token.start : token.stop]


def test_a_pair_and_an_empty_text_are_errors_that_the_client_cannot_read(client: HttpClient) -> None:
    # It parses whatever comes, and looks at no status.
    for inputs in (("a premise", "a hypothesis"), ""):
        with pytest.raises(pydantic.ValidationError):
            client.classify(inputs)


def test_a_wrong_key_is_no_health(url: str) -> None:
    client = HttpClient(url, headers={"authorization": "Bearer wrong"})
    assert not client.health()
    client.client.close()
