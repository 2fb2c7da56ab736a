"""The Open Inference Protocol's own client asks the service."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from open_inference.openapi import (
    BadRequestError,
    InferenceRequest,
    NotFoundError,
    RequestInput,
    RequestOutput,
    TensorData,
)
from open_inference.openapi.client import AsyncOpenInferenceClient, OpenInferenceClient
from open_inference.openapi.core.api_error import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textcnn.classifier import TextClassifier

TEXTS = ["a good and warm film", "a bad film"]


def asked(
    texts: list[Any],
    shape: list[int] | None = None,
    outputs: tuple[str, ...] = ("label", "score", "probabilities"),
) -> InferenceRequest:
    data = TensorData(__root__=texts)
    tensor = RequestInput(
        name="text", shape=shape or [len(texts)], datatype="BYTES", parameters=None, data=data
    )
    wanted = [RequestOutput(name=name, parameters=None) for name in outputs]
    return InferenceRequest(id="42", inputs=[tensor], outputs=wanted, parameters=None)


@pytest.fixture
def client(url: str, key: str) -> Iterator[OpenInferenceClient]:
    with httpx.Client(headers={"authorization": f"Bearer {key}"}) as session:
        yield OpenInferenceClient(base_url=url, httpx_client=session)


def test_texts_are_labelled_as_in_process(client: OpenInferenceClient, tiny: TextClassifier) -> None:
    answer = client.model_infer("tiny", request=asked(TEXTS))
    assert (answer.model_name, answer.id) == ("tiny", "42")
    label, score, probabilities = answer.outputs
    predictions = tiny.classify_batch(TEXTS)
    assert (label.name, label.datatype, label.shape) == ("label", "BYTES", [2])
    assert label.data.__root__ == [each.label for each in predictions]
    assert score.data.__root__ == [each.score for each in predictions]
    assert probabilities.shape == [2, 3]
    assert probabilities.data.__root__ == [value for each in predictions for value in each.scores.values()]


def test_only_the_outputs_that_are_named_come(client: OpenInferenceClient) -> None:
    answer = client.model_infer("tiny", request=asked(TEXTS, outputs=("score", "label")))
    assert [each.name for each in answer.outputs] == ["score", "label"]


def test_a_version_is_asked_for_by_its_name(client: OpenInferenceClient) -> None:
    versions = client.read_model_metadata("tiny").versions
    assert versions
    client.check_model_version_readiness("tiny", versions[0])
    assert client.read_model_version_metadata("tiny", versions[0]).name == "tiny"
    assert client.model_version_infer("tiny", versions[0], request=asked(TEXTS)).model_version == versions[0]
    with pytest.raises(NotFoundError):
        client.check_model_version_readiness("tiny", "7")


def test_the_server_tells_of_itself(client: OpenInferenceClient) -> None:
    client.check_server_liveness()
    client.check_server_readiness()
    client.check_model_readiness("tiny")
    assert client.read_server_metadata().name == "textcnn"
    metadata = client.read_model_metadata("tiny-multi")
    assert [(each.name, each.shape) for each in metadata.outputs or []] == [
        ("label", [-1]),
        ("score", [-1]),
        ("probabilities", [-1, 3]),
        ("applies", [-1, 3]),
    ]


def test_errors_are_typed(client: OpenInferenceClient, url: str) -> None:
    with pytest.raises(NotFoundError):
        client.check_model_readiness("weather")
    with pytest.raises(ApiError) as missing:
        client.model_infer("weather", request=asked(TEXTS))
    assert missing.value.status_code == 404
    for bad in (asked(TEXTS, shape=[3]), asked([1.5]), asked(TEXTS, outputs=("mood",))):
        with pytest.raises(BadRequestError) as wrong:
            client.model_infer("tiny", request=bad)
        assert set(wrong.value.body) == {"error"}
    with httpx.Client() as session:
        stranger = OpenInferenceClient(base_url=url, httpx_client=session)
        with pytest.raises(ApiError) as refused:
            stranger.model_infer("tiny", request=asked(TEXTS))
    assert refused.value.status_code == 401


def test_the_async_client_gets_the_same(client: OpenInferenceClient, url: str, key: str) -> None:
    async def ask() -> object:
        async with httpx.AsyncClient(headers={"authorization": f"Bearer {key}"}) as session:
            other = AsyncOpenInferenceClient(base_url=url, httpx_client=session)
            return await other.model_infer("tiny", request=asked(TEXTS))

    assert asyncio.run(ask()) == client.model_infer("tiny", request=asked(TEXTS))
