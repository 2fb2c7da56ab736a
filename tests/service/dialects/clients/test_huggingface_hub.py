"""huggingface_hub's own client, sync and async, asks the service."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Literal

import pytest
from huggingface_hub import AsyncInferenceClient, InferenceClient
from huggingface_hub.errors import HfHubHTTPError

if TYPE_CHECKING:
    from textcnn.classifier import TextClassifier

TEXT = "a good and warm film"


@pytest.fixture
def client(url: str, key: str) -> InferenceClient:
    return InferenceClient(model=url, token=key)


def test_a_text_gets_every_label_best_first(client: InferenceClient, tiny: TextClassifier) -> None:
    answer = client.text_classification(TEXT)
    scores = tiny.classify(TEXT).scores
    assert {each.label: each.score for each in answer} == scores
    assert [each.score for each in answer] == sorted(scores.values(), reverse=True)


def test_top_k_gives_the_best_ones(client: InferenceClient) -> None:
    everything = client.text_classification(TEXT)
    assert client.text_classification(TEXT, top_k=2) == everything[:2]
    assert client.text_classification(TEXT, top_k=50) == everything


@pytest.mark.parametrize("function", ["softmax", "sigmoid", "none"])
@pytest.mark.parametrize("model", ["tiny", "tiny-multi"])
def test_the_function_that_is_named_is_applied_to_the_logits(
    url: str,
    key: str,
    model: str,
    function: Literal["softmax", "sigmoid", "none"],
    tiny: TextClassifier,
    multi: TextClassifier,
) -> None:
    client = InferenceClient(model=f"{url}/models/{model}", token=key)
    answer = client.text_classification(TEXT, function_to_apply=function)
    classifier = tiny if model == "tiny" else multi
    logits = classifier.score(classifier.tokenize([TEXT]))[0].astype(float) / classifier.config.temperature
    expected = {
        "none": logits * classifier.config.temperature,
        "sigmoid": [1 / (1 + math.exp(-each)) for each in logits],
        "softmax": [math.exp(each) / sum(map(math.exp, logits)) for each in logits],
    }[function]
    scores = {each.label: each.score for each in answer}
    assert [scores[label] for label in classifier.labels] == pytest.approx(list(expected), abs=1e-6)


def test_a_model_is_named_in_the_path(url: str, key: str, multi: TextClassifier) -> None:
    for path in ("/models/tiny-multi", "/models/tiny-multi/pipeline/text-classification"):
        answer = InferenceClient(model=url + path, token=key).text_classification(TEXT)
        assert {each.label: each.score for each in answer} == multi.classify(TEXT).scores


def test_the_async_client_gets_the_same(url: str, key: str, client: InferenceClient) -> None:
    async def ask() -> list[object]:
        async with AsyncInferenceClient(model=f"{url}/pipeline/text-classification", token=key) as one:
            return list(await one.text_classification(TEXT, top_k=2))

    assert asyncio.run(ask()) == client.text_classification(TEXT, top_k=2)


def test_an_unknown_model_is_told_by_the_client(url: str, key: str) -> None:
    with pytest.raises(HfHubHTTPError, match="there are tiny, tiny-multi") as caught:
        InferenceClient(model=f"{url}/models/weather", token=key).text_classification(TEXT)
    assert caught.value.response.status_code == 404


def test_a_bad_parameter_is_told_by_the_client(client: InferenceClient) -> None:
    with pytest.raises(HfHubHTTPError, match="top_k") as caught:
        client.text_classification(TEXT, top_k=0)
    assert caught.value.response.status_code == 400


def test_a_wrong_key_is_told_by_the_client(url: str) -> None:
    with pytest.raises(HfHubHTTPError) as caught:
        InferenceClient(model=url, token="wrong").text_classification(TEXT)
    assert caught.value.response.status_code == 401
