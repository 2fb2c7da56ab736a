from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

TEXT = "a good and warm film"
SECRET = "my private words"
PATHS = ("/", "/pipeline/text-classification", "/models/tiny", "/models/tiny/pipeline/text-classification")


@pytest.mark.parametrize("path", PATHS)
def test_every_path_gives_nested_lists_of_labels_and_scores(client: TestClient, path: str) -> None:
    answer = client.post(path, json={"inputs": TEXT, "parameters": {}})
    assert answer.status_code == 200
    (elements,) = answer.json()
    assert [list(each) for each in elements] == [["label", "score"]] * 3
    assert sum(each["score"] for each in elements) == pytest.approx(1, abs=1e-6)
    assert answer.headers["x-model-name"] == "tiny"
    assert answer.headers["x-truncated"] == "false"


def test_two_texts_are_two_texts_and_no_pair(client: TestClient) -> None:
    answer = client.post("/", json={"inputs": [TEXT, "a bad film"]}).json()
    assert answer == [client.post("/", json={"inputs": each}).json()[0] for each in (TEXT, "a bad film")]
    assert client.post("/", json={"inputs": []}).json() == []


def test_what_is_not_known_is_passed_over(client: TestClient) -> None:
    body = {"inputs": TEXT, "options": {"wait_for_model": True}, "parameters": {"truncation": True}}
    assert client.post("/", json=body).status_code == 200
    assert client.post(
        "/", content=b'{"inputs": "a film"}', headers={"content-type": "text/plain"}
    ).is_success


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/", b"nonsense", 400),
        ("/", b"{}", 400),
        ("/", b'{"inputs": 5}', 400),
        ("/", b'{"inputs": {"text": "my private words", "text_pair": "a"}}', 400),
        ("/", b'{"inputs": "my private words", "parameters": {"top_k": -1}}', 400),
        ("/", b'{"inputs": "a", "parameters": {"function_to_apply": "my private words"}}', 400),
        ("/", b'{"inputs": "' + b"my private words " * 600 + b'"}', 422),
        ("/", b'{"inputs": ["a", "' + b"my private words " * 600 + b'"]}', 422),
        ("/", b'{"inputs": ["a", "a", "a", "a", "a", "a"]}', 400),
        ("/models/weather", b'{"inputs": "my private words"}', 404),
        ("/models", b'{"inputs": "my private words"}', 404),
        ("/pipeline/summarization", b'{"inputs": "my private words"}', 404),
        ("/", b'{"inputs": "' + b"a" * 20_000 + b'"}', 413),
    ],
)
def test_every_error_is_one_sentence_without_the_text(
    client: TestClient, path: str, body: bytes, status: int
) -> None:
    answer = client.post(path, content=body)
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]
    assert SECRET not in answer.text


def test_loading_is_told_as_their_servers_do(unready: TestClient) -> None:
    answer = unready.post("/", json={"inputs": TEXT})
    assert answer.status_code == 503
    assert set(answer.json()) == {"error", "estimated_time"}
    assert answer.headers["retry-after"]


def test_a_key_is_asked_for_in_their_shape(locked: TestClient) -> None:
    answer: Any = locked.post("/models/tiny", json={"inputs": TEXT})
    assert answer.status_code == 401
    assert list(answer.json()) == ["error"]
