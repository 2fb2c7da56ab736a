from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textcnn.classifier import TextClassifier
from textcnn.service.app import create_app
from textcnn.service.loaded.registry import Registry

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi.testclient import TestClient

    from textcnn.service.settings import Settings

SECRET = "my private words"
TEXT_AS_NAME = b'{"text": "", "' + b"my private words " * 20 + b'": 1}'
NESTED = b'{"texts": ' + b"[" * 9_000 + b"]" * 9_000 + b"}"


def test_a_text_gets_what_the_classifier_says_of_it(client: TestClient, model_dir: Path) -> None:
    answer = client.post("/v1/classify", json={"text": "a good film", "model": "tiny"}).json()
    expected = TextClassifier.load(model_dir).classify("a good film")
    assert answer["model"] == "tiny"
    assert len(answer["version"]) == 12
    assert answer["label"] == expected.label
    assert answer["scores"] == expected.scores
    assert set(answer) == {"model", "version", "label", "score", "scores", "unknown_share"}


def test_the_default_model_answers_where_none_is_named(client: TestClient) -> None:
    assert client.post("/v1/classify", json={"text": "film"}).json()["model"] == "tiny"


def test_a_multi_label_model_gives_a_list_of_labels(client: TestClient) -> None:
    answer = client.post("/v1/classify", json={"text": "a good film", "model": "tiny-multi"}).json()
    assert isinstance(answer["labels"], list)


@pytest.mark.parametrize("text", ["", " ", "\x00", "好" * 200, "film " * 1000])
def test_any_text_within_the_limit_is_answered(client: TestClient, text: str) -> None:
    answer = client.post("/v1/classify", json={"text": text})
    assert answer.status_code == 200
    assert sum(answer.json()["scores"].values()) == pytest.approx(1)


def test_lone_surrogates_are_texts_too(client: TestClient) -> None:
    for body in ('{"text": "a \\ud800 film"}', '{"text": "\\ud83d\\ude00"}'):
        assert client.post("/v1/classify", content=body).status_code == 200


def test_a_batch_is_answered_in_order_and_a_bad_item_fails_alone(client: TestClient) -> None:
    texts = ["a good film", 5, None, "x" * 9_001, ""]
    answer = client.post("/v1/classify/batch", json={"texts": texts}).json()
    good, number, null, long, empty = answer["results"]
    alone = client.post("/v1/classify", json={"text": "a good film"}).json()
    assert good["scores"] == alone["scores"]
    assert "a number" in number["error"]
    assert "null" in null["error"]
    assert "9001 characters" in long["error"]
    assert {error["code"] for error in (number, null, long)} == {"invalid_text"}
    assert empty["label"]


def test_an_empty_batch_has_no_results(client: TestClient) -> None:
    assert client.post("/v1/classify/batch", json={"texts": []}).json()["results"] == []


@pytest.mark.parametrize(
    ("path", "body", "status", "code", "field"),
    [
        ("/v1/classify", b"", 422, "invalid_request", None),
        ("/v1/classify", b"nonsense", 422, "invalid_request", None),
        ("/v1/classify", b"\xff\xfe", 422, "invalid_request", None),
        ("/v1/classify", b"[" * 5_000, 422, "invalid_request", None),
        ("/v1/classify", b"[]", 422, "invalid_request", None),
        ("/v1/classify", b"{}", 422, "invalid_request", "text"),
        ("/v1/classify", b'{"text": NaN}', 422, "invalid_request", None),
        ("/v1/classify", b'{"text": ["my private words"]}', 422, "invalid_request", "text"),
        ("/v1/classify", b'{"text": "my private words", "txet": 1}', 422, "invalid_request", "txet"),
        ("/v1/classify", b'{"text": "my private words", "model": "no"}', 404, "model_not_found", "model"),
        ("/v1/classify", b'{"text": "' + b"my private words " * 600 + b'"}', 422, "invalid_text", "text"),
        ("/v1/classify/batch", b'{"texts": "my private words"}', 422, "invalid_request", "texts"),
        ("/v1/classify/batch", b'{"texts": [1,2,3,4,5,6]}', 422, "invalid_request", "texts"),
        ("/v1/classify/batch", NESTED, 422, "invalid_request", None),
        ("/v1/classify", TEXT_AS_NAME, 422, "invalid_request", None),
        ("/v1/classify", b" " * 20_001, 413, "too_large", None),
        ("/v1/nothing", b"{}", 404, "not_found", None),
        ("/v1/models", b"{}", 405, "method_not_allowed", None),
    ],
)
def test_every_error_has_one_shape_and_never_repeats_the_text(
    client: TestClient, path: str, body: bytes, status: int, code: str, field: str | None
) -> None:
    answer = client.post(path, content=body)
    problem = answer.json()
    assert answer.status_code == status
    assert problem["code"] == code
    assert problem.get("field") == field
    assert len(problem["error"]) > 20
    assert set(problem) <= {"error", "code", "field"}
    assert SECRET not in answer.text
    if status == 405:
        assert answer.headers["allow"] == "GET"
        assert "takes GET" in problem["error"]


def test_a_body_of_unknown_length_is_cut_off_at_the_limit(client: TestClient) -> None:
    answer = client.post("/v1/classify", content=(b"x" * 1_000 for _ in range(50)))
    assert answer.status_code == 413


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    )
)
def test_no_json_brings_the_service_down(body: Any, registry: Registry) -> None:  # noqa: ANN401  # any JSON
    from fastapi.testclient import TestClient

    from textcnn.service.settings import Settings

    app = create_app(Settings(), registry)
    with TestClient(app, raise_server_exceptions=False) as client:
        for path in ("/v1/classify", "/v1/classify/batch"):
            for wrapped in (body, {"text": body}, {"texts": [body]}):
                answer = client.post(path, content=json.dumps(wrapped))
                assert answer.status_code in (200, 422), answer.text
                assert all(math.isfinite(score) for score in answer.json().get("scores", {}).values())


def test_models_tell_labels_version_and_figures(client: TestClient) -> None:
    tiny, multi = client.get("/v1/models").json()["models"]
    assert (tiny["name"], tiny["default"], tiny["multi_label"]) == ("tiny", True, False)
    assert tiny["labels"] == ["good", "bad", "其他"]
    assert tiny["metrics"] == {"accuracy": 0.5, "macro_f1": 0.4}
    assert (multi["name"], multi["default"], multi["multi_label"]) == ("tiny-multi", False, True)


def test_a_model_tells_all_of_itself(client: TestClient, model_dir: Path) -> None:
    page = client.get("/v1/models/tiny").json()
    assert page["versions"] == [page["version"]] == [client.get("/v1/models").json()["models"][0]["version"]]
    assert (page["default"], page["labels"]) == (True, ["good", "bad", "其他"])
    assert page["metrics"] == {"rows": 10, "accuracy": 0.5, "macro_f1": 0.4}
    assert page["card"] == ""
    assert client.get("/v1/models/nix").json()["code"] == "model_not_found"


def test_a_version_is_answered_by_itself_or_not_at_all(client: TestClient) -> None:
    version = client.get("/v1/models/tiny").json()["version"]
    for path, body in (("/v1/classify", {"text": "a"}), ("/v1/classify/batch", {"texts": ["a"]})):
        assert client.post(path, json={**body, "version": version}).json()["version"] == version
        refused = client.post(path, json={**body, "version": "my private words"})
        assert (refused.status_code, refused.json()["field"]) == (404, "version")
        assert SECRET not in refused.text


def test_only_the_labels_that_are_wanted_are_told(client: TestClient) -> None:
    body = {"text": "a good film"}
    all_of_them = client.post("/v1/classify", json=body).json()
    best = client.post("/v1/classify", json={**body, "top_k": 1}).json()
    assert best["scores"] == {all_of_them["label"]: all_of_them["score"]}
    sure = client.post("/v1/classify", json={**body, "threshold": 1}).json()
    assert (sure["label"], sure["unknown"], sure["scores"]) == (None, True, {})
    assert sure["score"] == all_of_them["score"]
    batch = client.post("/v1/classify/batch", json={"texts": ["a good film"], "top_k": 1}).json()
    assert batch["results"][0]["scores"] == best["scores"]


@pytest.mark.parametrize("wrong", [{"top_k": 0}, {"top_k": 1.5}, {"threshold": -0.1}, {"threshold": 1.1}])
def test_impossible_wishes_are_told_with_their_field(client: TestClient, wrong: dict[str, float]) -> None:
    answer = client.post("/v1/classify", json={"text": "a", **wrong})
    assert (answer.status_code, answer.json()["field"]) == (422, next(iter(wrong)))


def test_every_answer_tells_how_much_of_the_text_is_unknown(client: TestClient) -> None:
    shares = {"zzz qqq film": 0.667, "zzz film": 0.5, "film": 0, "": 0, "\t": 0, "zzz": 1}
    for text, share in shares.items():
        for more in ({}, {"evidence": True}, {"top_k": 1}):
            answer = client.post("/v1/classify", json={"text": text, **more}).json()
            assert answer["unknown_share"] == share
    texts = list(shares)
    batch = client.post("/v1/classify/batch", json={"texts": texts[:3]}).json()["results"]
    assert [each["unknown_share"] for each in batch] == [shares[text] for text in texts[:3]]
    halves = [
        " ".join(["film"] * (length - 1) + ["zzz"]) for length in range(2, 40)
    ]  # 1/16 is half a thousandth
    for start in range(0, len(halves), 5):
        some = halves[start : start + 5]
        batch = client.post("/v1/classify/batch", json={"texts": some}).json()["results"]
        alone = [client.post("/v1/classify", json={"text": text}).json() for text in some]
        assert [each["unknown_share"] for each in batch] == [each["unknown_share"] for each in alone]
    with_error = client.post("/v1/classify/batch", json={"texts": ["zzz", 5, "film"]}).json()["results"]
    assert [each.get("unknown_share") for each in with_error] == [1, None, 0]


def test_a_text_over_the_limit_is_cut_off_and_said_to_be(registry: Registry) -> None:
    from fastapi.testclient import TestClient

    from textcnn.service.settings import Settings

    with TestClient(create_app(Settings(max_text_characters=11), registry)) as client:
        whole, longer = (
            client.post("/v1/classify", json={"text": text}).json()
            for text in ("a good film", "a good film, bad, bad, bad")
        )
        assert longer.pop("truncated") is True
        assert longer == whole
        batch = client.post("/v1/classify/batch", json={"texts": ["a good film", "a good film, bad"]}).json()
        assert [each.get("truncated") for each in batch["results"]] == [None, True]


def test_info_tells_the_limits_that_hold(client: TestClient) -> None:
    info = client.get("/v1/info").json()
    assert info["limits"]["max_batch_texts"] == 5
    assert set(info["engines"]) == {"tiny", "tiny-multi"}


def test_alive_from_the_start_and_ready_once_models_are_loaded(
    client: TestClient, settings: Settings
) -> None:
    assert client.get("/livez").json() == {"status": "live"}
    assert client.get("/readyz").json() == {"status": "ready"}
    from fastapi.testclient import TestClient

    unstarted = TestClient(create_app(settings, Registry()))  # as no context, it does not start
    assert unstarted.get("/livez").status_code == 200
    for answer in (unstarted.get("/readyz"), unstarted.post("/v1/classify", json={"text": "a"})):
        assert answer.status_code == 503
        assert answer.json()["code"] == "not_ready"
        assert answer.headers["retry-after"]
