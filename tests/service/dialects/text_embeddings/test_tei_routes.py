from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from textcnn.classifier import TextClassifier
    from textcnn.service.settings import Settings

TEXT = "a good and warm film"
SECRET = "my private words"
LONG = "film " * 2_000


@pytest.mark.parametrize("path", ["/predict", "/invocations"])
@pytest.mark.parametrize("inputs", [TEXT, [TEXT]])
def test_one_text_gives_a_flat_list_best_first(client: TestClient, path: str, inputs: Any) -> None:  # noqa: ANN401
    answer = client.post(path, json={"inputs": inputs, "unknown": 1}).json()
    assert [list(each) for each in answer] == [["score", "label"]] * 3
    assert [each["score"] for each in answer] == sorted((each["score"] for each in answer), reverse=True)


def test_a_batch_gives_a_list_for_each_text(client: TestClient) -> None:
    alone = [client.post("/predict", json={"inputs": each}).json() for each in (TEXT, "a bad film")]
    assert client.post("/predict", json={"inputs": [[TEXT], ["a bad film"]]}).json() == alone
    assert client.post("/predict", json={"inputs": [[TEXT]]}).json() == alone[:1]


def test_the_headers_tell_sizes_and_times_in_whole_numbers(client: TestClient, tiny: TextClassifier) -> None:
    headers = client.post("/predict", json={"inputs": [[TEXT], ["好"]]}).headers
    assert headers["x-compute-type"] == "cpu"
    assert int(headers["x-compute-characters"]) == len(TEXT) + 1
    assert int(headers["x-compute-tokens"]) == len(tiny.tokenizer.encode(TEXT)) + 1
    for name in ("compute", "total", "tokenization", "queue", "inference"):
        assert int(headers[f"x-{name}-time"]) >= 0


def test_a_long_text_is_cut_on_the_side_that_is_said(client: TestClient) -> None:
    def predicted(text: str, **values: Any) -> Any:  # noqa: ANN401
        answer = client.post("/predict", json={"inputs": text, **values})
        return answer.json(), answer.headers["x-truncated"]

    text = "good " + LONG + "bad"
    for direction, kept in {
        "Left": text[-9_000:],
        "left": text[-9_000:],
        "Right": text[:9_000],
        None: text[:9_000],
    }.items():
        cut = predicted(text, truncate=True, truncation_direction=direction)
        assert cut == (predicted(kept)[0], "true")


def test_several_instances_are_answered_as_alone(client: TestClient) -> None:
    instances: list[dict[str, Any]] = [
        {"inputs": TEXT, "raw_scores": True},
        {"inputs": [[TEXT], ["好"]]},
        {"inputs": LONG, "truncate": True, "truncation_direction": "Left"},
    ]
    alone = [client.post("/predict", json=each).json() for each in instances]
    assert client.post("/vertex", json={"instances": instances}).json() == {"predictions": alone}
    assert client.post("/vertex", json={"instances": []}).json() == {"predictions": []}


def test_tokens_stand_where_they_are_said_to(client: TestClient) -> None:
    (tokens,) = client.post("/tokenize", json={"inputs": "A good, 好 😀 film"}).json()
    assert [each["text"] for each in tokens][:4] == ["A", "good", ",", "好"]
    assert tokens[3] == {"id": tokens[3]["id"], "text": "好", "special": False, "start": 8, "stop": 9}
    lone = client.post("/tokenize", content=b'{"inputs": ["a\\ud800"]}', headers=JSON)
    assert lone.status_code == 200
    assert client.post("/tokenize", json={"inputs": []}).json() == []


def test_tokens_are_told_of_no_more_characters_than_one_text_may_have(
    client: TestClient, settings: Settings
) -> None:
    """A token takes hundreds of bytes: ten megabytes of short words took gigabytes, and a minute."""
    half = "a " * (settings.max_text_characters // 4)
    assert client.post("/tokenize", json={"inputs": [half, half]}).status_code == 200
    answer = client.post("/tokenize", json={"inputs": [half, half, "aa"]})
    assert (answer.status_code, answer.json()["error_type"]) == (422, "Validation")


JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("body", "status", "error_type"),
    [
        ({"inputs": ""}, 400, "Empty"),
        ({"inputs": [[TEXT], [""]]}, 400, "Empty"),
        ({"inputs": [SECRET, SECRET]}, 422, "Validation"),
        ({"inputs": [[TEXT], [SECRET, SECRET]]}, 422, "Validation"),
        ({"inputs": SECRET * 1_000, "truncate": False}, 422, "Validation"),
        ({"inputs": SECRET * 1_000}, 422, "Validation"),
        ({"inputs": [[SECRET]] * 6}, 422, "Validation"),
    ],
)
def test_what_their_checks_refuse_has_a_type(
    client: TestClient,
    body: dict[str, Any],
    status: int,
    error_type: str,
) -> None:
    answer = client.post("/predict", json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["error_type"] == error_type
    assert set(answer.json()) == {"error", "error_type"}
    assert SECRET not in answer.text


def test_too_large_a_batch_is_told_in_their_words(client: TestClient) -> None:
    answer = client.post("/predict", json={"inputs": [[TEXT]] * 6})
    assert answer.json()["error"] == "batch size 6 > maximum allowed batch size 5"


@pytest.mark.parametrize(
    ("path", "body", "content_type", "status"),
    [
        ("/predict", b'{"inputs": "a"}', "", 415),
        ("/predict", b'{"inputs": "a"}', "application/x-www-form-urlencoded", 415),
        ("/predict", b"my private words", "application/json", 400),
        ("/predict", b'{"inputs": "my private', "application/json", 400),
        ("/predict", b"{}", "application/json", 422),
        ("/predict", b'{"inputs": []}', "application/json", 422),
        ("/predict", b'{"inputs": [[]]}', "application/json", 422),
        ("/predict", b'{"inputs": ["my private words", "b", "c"]}', "application/json", 422),
        ("/predict", b'{"inputs": ["my private words", ["b"]]}', "application/json", 422),
        ("/predict", b'{"inputs": [["my private words", 5]]}', "application/json", 422),
        ("/predict", b'{"inputs": "a", "truncation_direction": "my private words"}', "application/json", 422),
        ("/predict", b'{"inputs": "a", "raw_scores": "my private words"}', "application/json", 422),
        ("/tokenize", b'{"inputs": [["my private words"]]}', "application/json", 422),
        ("/predict", b'{"inputs": "' + b"a" * 20_000 + b'"}', "application/json", 413),
    ],
)
def test_what_their_framework_refuses_is_plain_text(
    client: TestClient, path: str, body: bytes, content_type: str, status: int
) -> None:
    answer = client.post(path, content=body, headers={"content-type": content_type} if content_type else {})
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text
    assert SECRET not in answer.text


def test_the_values_that_a_field_takes_are_listed_also_where_it_may_be_null(client: TestClient) -> None:
    answer = client.post("/predict", json={"inputs": TEXT, "truncation_direction": "Up"})
    assert "Expected one of Left, Right, left, right" in answer.text


def test_other_json_content_types_are_json_too(client: TestClient) -> None:
    for content_type in ("application/json; charset=utf-8", "application/problem+json", "APPLICATION/JSON"):
        headers = {"content-type": content_type}
        assert (
            client.post("/predict", content=json.dumps({"inputs": TEXT}), headers=headers).status_code == 200
        )


def test_health_is_a_status_without_a_body_for_everybody(locked: TestClient, unready: TestClient) -> None:
    for path in ("/health", "/ping", "/"):
        answer = locked.get(path, headers={"accept": "*/*"})
        assert (answer.status_code, answer.content) == (200, b"")
        assert unready.get(path).status_code == 503
    assert unready.get("/health").json()["error_type"] == "Unhealthy"


def test_the_root_is_left_to_a_page_for_browsers(client: TestClient) -> None:
    page = client.get("/", headers={"accept": "text/html,*/*;q=0.8"})
    assert page.headers["content-type"].startswith("text/html")


def test_a_key_is_asked_for_without_a_body(locked: TestClient) -> None:
    for answer in (locked.post("/predict", json={"inputs": TEXT}), locked.get("/info")):
        assert (answer.status_code, answer.content) == (401, b"")


def test_info_has_every_key_of_theirs(client: TestClient, tiny: TextClassifier) -> None:
    info = client.get("/info").json()
    labels = {str(number): label for number, label in enumerate(tiny.labels)}
    numbers = {label: number for number, label in enumerate(tiny.labels)}
    assert info["model_type"] == {"classifier": {"id2label": labels, "label2id": numbers}}
    assert info["max_client_batch_size"] == 5
    assert info["auto_truncate"] is False
    assert set(info) == {
        "model_id", "model_sha", "model_dtype", "served_model_name", "model_type", "max_concurrent_requests",
        "max_input_length", "max_batch_tokens", "max_batch_requests", "max_client_batch_size",
        "auto_truncate", "tokenization_workers", "version", "sha", "docker_label",
    }  # fmt: skip
