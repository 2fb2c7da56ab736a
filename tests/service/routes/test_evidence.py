from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from textcnn.classifier import TextClassifier
from textcnn.service.app import create_app
from textcnn.service.loaded.registry import Registry
from textcnn.service.settings import Settings

TEXT = "A 🎬 good, warm film; 你好!"


@pytest.fixture
def client(model_dir: object) -> TestClient:
    registry = Registry()
    registry.load([str(model_dir)])
    return TestClient(create_app(Settings(access_log=False), registry))


def test_without_asking_there_is_no_evidence(client: TestClient) -> None:
    assert "evidence" not in client.post("/v1/classify", json={"text": TEXT}).json()


@pytest.mark.parametrize("text", [TEXT, "", "film", "good bad " * 2_000])
def test_what_is_told_sums_to_the_logit_of_the_best_label(
    client: TestClient, model_dir: object, text: str
) -> None:
    answer = client.post("/v1/classify", json={"text": text, "evidence": True}).json()
    evidence = answer["evidence"]
    total = evidence["bias"] + evidence["rest"] + sum(item["contribution"] for item in evidence["items"])
    assert total == pytest.approx(evidence["logit"], abs=1e-4 * max(1, abs(evidence["logit"])))
    assert evidence["label"] == max(answer["scores"], key=answer["scores"].get)
    explanation = TextClassifier.load(str(model_dir)).explain(text)
    assert evidence["logit"] == pytest.approx(explanation.logits[evidence["label"]])
    for item in evidence["items"]:
        assert text[item["start"] : item["end"]] == item["text"]
    assert len(evidence["items"]) <= 10


def test_the_answer_is_the_same_with_evidence_and_without(client: TestClient) -> None:
    plain = client.post("/v1/classify", json={"text": TEXT}).json()
    told = client.post("/v1/classify", json={"text": TEXT, "evidence": True}).json()
    assert {key: value for key, value in told.items() if key != "evidence"} == plain
