"""NVIDIA's tritonclient asks the service as it asks Triton: binary tensors, compression, versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput
from tritonclient.utils import InferenceServerException

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textcnn.classifier import TextClassifier

TEXTS = ["a good and warm film", "a bad film", "你好 世界", ""]


@pytest.fixture
def headers(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


@pytest.fixture
def client(url: str) -> Iterator[InferenceServerClient]:
    with InferenceServerClient(url.removeprefix("http://")) as client:
        yield client


def tensor(texts: list[str], *, binary: bool = True, column: bool = False) -> InferInput:
    values = np.array([text.encode() for text in texts], dtype=np.object_)
    values = values.reshape(-1, 1) if column else values
    result = InferInput("text", list(values.shape), "BYTES")
    result.set_data_from_numpy(values, binary_data=binary)
    return result


def assert_labelled(result: Any, classifier: TextClassifier, texts: list[str]) -> None:  # noqa: ANN401  # the client has no types
    predictions = classifier.classify_batch(texts)
    assert result.as_numpy("label").tolist() == [each.label for each in predictions]
    assert result.as_numpy("score").tolist() == pytest.approx([each.score for each in predictions])
    expected = [list(each.scores.values()) for each in predictions]
    assert result.as_numpy("probabilities") == pytest.approx(np.array(expected))


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("column", [True, False])
@pytest.mark.parametrize("texts", [TEXTS[:1], TEXTS])
def test_texts_are_labelled_as_in_process(
    client: InferenceServerClient,
    headers: dict[str, str],
    tiny: TextClassifier,
    texts: list[str],
    binary: bool,
    column: bool,
) -> None:
    result = client.infer(
        "tiny", [tensor(texts, binary=binary, column=column)], headers=headers, request_id="42"
    )
    assert_labelled(result, tiny, texts)
    assert result.get_response()["id"] == "42"
    assert result.get_response()["model_name"] == "tiny"


@pytest.mark.parametrize("packed", ["gzip", "deflate"])
def test_a_packed_request_is_unpacked(
    client: InferenceServerClient, headers: dict[str, str], tiny: TextClassifier, packed: str
) -> None:
    result = client.infer(
        "tiny",
        [tensor(TEXTS)],
        headers=headers,
        request_compression_algorithm=packed,
        response_compression_algorithm=packed,
    )
    assert_labelled(result, tiny, TEXTS)


def test_a_version_is_asked_for_by_its_name(
    client: InferenceServerClient, headers: dict[str, str], multi: TextClassifier
) -> None:
    metadata = client.get_model_metadata("tiny-multi", headers=headers)
    version = metadata["versions"][0]
    assert client.is_model_ready("tiny-multi", model_version=version, headers=headers)
    result = client.infer("tiny-multi", [tensor(TEXTS)], model_version=version, headers=headers)
    assert result.get_response()["model_version"] == version
    given = [each.labels or () for each in multi.classify_batch(TEXTS)]
    applies = result.as_numpy("applies").tolist()
    assert applies == [[label in labels for label in multi.labels] for labels in given]
    assert not client.is_model_ready("tiny-multi", model_version="7", headers=headers)


def test_the_classification_extension_names_the_best_labels(
    client: InferenceServerClient, headers: dict[str, str], tiny: TextClassifier
) -> None:
    wanted = [InferRequestedOutput("probabilities", class_count=2)]
    result = client.infer("tiny", [tensor(TEXTS)], outputs=wanted, headers=headers)
    rows = result.as_numpy("probabilities").tolist()
    for row, prediction in zip(rows, tiny.classify_batch(TEXTS), strict=True):
        best = sorted(prediction.scores.items(), key=lambda pair: -pair[1])[:2]
        assert [float(str(each).split(":")[0]) for each in row] == pytest.approx([score for _, score in best])
        named = [f"{tiny.labels.index(label)}:{label}" for label, _ in best]
        assert [str(each).partition(":")[2] for each in row] == named


def test_top_k_is_a_parameter(client: InferenceServerClient, headers: dict[str, str]) -> None:
    result = client.infer("tiny", [tensor(TEXTS)], headers=headers, parameters={"top_k": 2})
    assert result.as_numpy("label").shape == result.as_numpy("score").shape == (4, 2)


def test_the_server_tells_of_itself(client: InferenceServerClient, headers: dict[str, str]) -> None:
    assert client.is_server_live(headers=headers)
    assert client.is_server_ready(headers=headers)
    assert {"binary_tensor_data", "classification"} <= set(
        client.get_server_metadata(headers=headers)["extensions"]
    )
    index = client.get_model_repository_index(headers=headers)
    assert {(each["name"], each["state"]) for each in index} == {("tiny", "READY"), ("tiny-multi", "READY")}
    config = client.get_model_config("tiny", headers=headers)
    assert config["input"][0] == {"name": "text", "data_type": "TYPE_STRING", "dims": [-1]}


def raised(error: pytest.ExceptionInfo[InferenceServerException]) -> tuple[str, str]:
    return error.value.status(), error.value.message()


def test_errors_are_read_by_the_client(client: InferenceServerClient, headers: dict[str, str]) -> None:
    with pytest.raises(InferenceServerException) as error:
        client.infer("weather", [tensor(TEXTS)], headers=headers)
    assert raised(error) == ("404", "No such model is served; there are tiny, tiny-multi.")
    with pytest.raises(InferenceServerException) as error:
        client.get_inference_statistics(headers=headers)
    assert raised(error)[0] == "404"
    with pytest.raises(InferenceServerException) as error:
        client.infer("tiny", [tensor(TEXTS)], outputs=[InferRequestedOutput("mood")], headers=headers)
    assert raised(error)[0] == "400"
    number = InferInput("text", [1], "FP32")
    number.set_data_from_numpy(np.zeros(1, dtype=np.float32))
    with pytest.raises(InferenceServerException) as error:
        client.infer("tiny", [number], headers=headers)
    assert raised(error)[0] == "400"
    with pytest.raises(InferenceServerException) as error:
        client.infer("tiny", [tensor(TEXTS)])
    assert raised(error)[0] == "401"
