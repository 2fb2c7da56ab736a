from __future__ import annotations

import gzip
import json
import math
import zlib
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from textcnn.classifier import TextClassifier

TEXTS = ["a good and warm film", "a bad film"]
SECRET = "my private words"
INFER = "/v2/models/tiny/infer"


def asked(texts: Any, **values: Any) -> dict[str, Any]:  # noqa: ANN401  # wrong ones too
    tensor = {"name": "text", "shape": [len(texts)], "datatype": "BYTES", "data": texts}
    return {"inputs": [tensor | values.pop("tensor", {})], **values}


def test_an_answer_has_the_three_outputs(client: TestClient, tiny: TextClassifier) -> None:
    answer = client.post(INFER, json=asked(TEXTS, id="42", model_name="tiny")).json()
    predictions = tiny.classify_batch(TEXTS)
    version = client.get("/v2/models/tiny").json()["versions"][0]
    assert (answer["model_name"], answer["model_version"], answer["id"]) == ("tiny", version, "42")
    assert answer["outputs"] == [
        {"name": "label", "shape": [2], "datatype": "BYTES", "data": [each.label for each in predictions]},
        {"name": "score", "shape": [2], "datatype": "FP32", "data": [each.score for each in predictions]},
        {
            "name": "probabilities",
            "shape": [2, 3],
            "datatype": "FP32",
            "data": [score for each in predictions for score in each.scores.values()],
        },
    ]
    assert "id" not in client.post(INFER, json=asked(TEXTS)).json()


def test_no_text_gives_empty_tensors(client: TestClient) -> None:
    outputs = client.post(INFER, json=asked([])).json()["outputs"]
    assert [(each["shape"], each["data"]) for each in outputs] == [([0], []), ([0], []), ([0, 3], [])]


def test_top_k_gives_label_and_score_a_second_dimension(client: TestClient, tiny: TextClassifier) -> None:
    answer = client.post(INFER, json=asked(TEXTS, parameters={"top_k": 2, "priority": 1})).json()
    label, score, probabilities = answer["outputs"]
    assert label["shape"] == score["shape"] == [2, 2]
    assert probabilities["shape"] == [2, 3]
    best = [sorted(each.scores.values(), reverse=True)[:2] for each in tiny.classify_batch(TEXTS)]
    assert score["data"] == [value for row in best for value in row]
    assert label["data"][::2] == [each.label for each in tiny.classify_batch(TEXTS)]
    many = client.post(INFER, json=asked(TEXTS, parameters={"top_k": 50})).json()
    assert many["outputs"][0]["shape"] == [2, 3]


def test_classification_gives_value_index_and_label(client: TestClient, tiny: TextClassifier) -> None:
    wanted = [{"name": "probabilities", "parameters": {"classification": 1, "binary_data": True}}]
    (output,) = client.post(INFER, json=asked(TEXTS, outputs=wanted)).json()["outputs"]
    predictions = tiny.classify_batch(TEXTS)
    assert (output["datatype"], output["shape"]) == ("BYTES", [2, 1])
    assert output["data"] == [
        f"{each.score}:{tiny.labels.index(each.label or '')}:{each.label}" for each in predictions
    ]


@pytest.mark.parametrize("content_type", ["", "application/json", "application/octet-stream", "text/plain"])
def test_the_content_type_decides_nothing(client: TestClient, content_type: str) -> None:
    headers = {"content-type": content_type} if content_type else {}
    assert client.post(INFER, content=json.dumps(asked(TEXTS)), headers=headers).status_code == 200


def test_packed_bodies_are_unpacked_to_the_limit(client: TestClient) -> None:
    body = json.dumps(asked(TEXTS)).encode()
    plain = client.post(INFER, content=body).json()
    for encoding, packed in (("gzip", gzip.compress(body)), ("deflate", zlib.compress(body))):
        headers = {"content-encoding": encoding}
        assert client.post(INFER, content=packed, headers=headers).json() == plain
        cut = client.post(INFER, content=packed[:-2], headers=headers)
        assert (cut.status_code, list(cut.json())) == (400, ["error"])
    bomb = gzip.compress(b" " * 5_000_000)
    assert client.post(INFER, content=bomb, headers={"content-encoding": "gzip"}).status_code == 413
    assert client.post(INFER, content=body, headers={"content-encoding": "br"}).status_code == 400


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (INFER, {}, 400),
        (INFER, {"inputs": []}, 400),
        (INFER, asked(TEXTS, id=42), 400),
        (INFER, asked(TEXTS, tensor={"shape": [3]}), 400),
        (INFER, asked(TEXTS, tensor={"datatype": "FP32"}), 400),
        (INFER, asked(TEXTS, tensor={"name": SECRET}), 400),
        (INFER, asked([SECRET, 5]), 400),
        (INFER, asked(TEXTS, outputs=[{"name": SECRET}]), 400),
        (INFER, asked(TEXTS, outputs=[{"name": "label", "parameters": {"classification": 1}}]), 400),
        (INFER, asked(TEXTS, outputs=[{"name": "probabilities", "parameters": {"classification": 0}}]), 400),
        (INFER, asked(TEXTS, parameters={"top_k": SECRET}), 400),
        (INFER, asked(TEXTS, parameters={"top_k": [1]}), 400),
        (INFER, asked([SECRET * 700]), 400),
        (INFER, asked(["a", SECRET * 700]), 400),
        (INFER, asked(["a"] * 6), 400),
        (INFER, asked([SECRET * 3_000]), 413),
        ("/v2/models/weather/infer", asked(TEXTS), 404),
        ("/v2/models/tiny/versions/7/infer", asked(TEXTS), 404),
        ("/v2/models/tiny/generate", asked(TEXTS), 404),
        ("/v2/repository/models/tiny/load", {}, 404),
        ("/v2/repository/index", {"ready": SECRET}, 400),
        ("/v2/models/tiny", {}, 405),
    ],
)
def test_every_error_is_one_sentence_without_the_text(
    client: TestClient,
    path: str,
    body: dict[str, Any],
    status: int,
) -> None:
    answer = client.post(path, json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert list(answer.json()) == ["error"]
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "stats",
        "tiny/stats",
        "tiny/versions/7/stats",
        "weather",
        "tiny/versions/7",
        "weather/ready",
        "weather/config",
    ],
)
def test_what_is_not_there_is_404_in_their_shape(client: TestClient, path: str) -> None:
    answer = client.get(f"/v2/models/{path}")
    assert (answer.status_code, list(answer.json())) == (404, ["error"])
    assert client.get("/v2/nothing").json().keys() == {"error"}


def test_the_facts_have_their_keys(client: TestClient) -> None:
    assert set(client.get("/v2").json()) == {"name", "version", "extensions"}
    assert client.get("/v2/health/live").json() == {"live": True}
    assert client.get("/v2/health/ready").json() == {"live": True, "ready": True}
    assert client.get("/v2/models").json() == {"models": ["tiny", "tiny-multi"]}
    assert client.get("/v2/models/tiny/ready").json() == {"name": "tiny", "ready": True}
    metadata = client.get("/v2/models/tiny").json()
    version = metadata["versions"][0]
    assert client.get(f"/v2/models/tiny/versions/{version}").json() == metadata
    assert metadata["inputs"] == [{"name": "text", "datatype": "BYTES", "shape": [-1]}]
    assert json.loads(metadata["properties"]["labels"]) == ["good", "bad", "其他"]
    for content in (b"", b"{}", b'{"ready": true}'):
        index = client.post("/v2/repository/index", content=content).json()
        assert index[0] == {"name": "tiny", "version": version, "state": "READY", "reason": ""}


def test_scores_are_numbers_that_json_has(client: TestClient) -> None:
    outputs = client.post(INFER, json=asked(["", "好" * 1_000])).json()["outputs"]
    assert all(math.isfinite(value) for value in outputs[2]["data"])


def test_an_identifier_that_json_cannot_hold_comes_back_repaired(client: TestClient) -> None:
    body = json.dumps(asked(TEXTS, id="a\ud800"))
    assert client.post(INFER, content=body).json()["id"] == "a\ufffd"


def test_before_models_are_loaded_there_is_503(unready: TestClient) -> None:
    for path in ("/v2/health/ready", "/v2/models/tiny", "/v2/models/tiny/ready"):
        answer = unready.get(path)
        assert (answer.status_code, list(answer.json())) == (503, ["error"])
    assert unready.get("/v2/health/live").status_code == 200


def test_a_key_is_asked_for_in_their_shape(locked: TestClient) -> None:
    for answer in (locked.post(INFER, json=asked(TEXTS)), locked.get("/v2"), locked.get("/v2/nothing")):
        assert (answer.status_code, list(answer.json())) == (401, ["error"])
    assert locked.get("/v2/health/live").status_code == 200
    assert locked.get("/v2/health/ready").status_code == 200
