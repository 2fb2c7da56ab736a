"""The figures that Prometheus reads."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from textcnn.service.app import create_app
from textcnn.service.http.prometheus import Metrics, SummedHistogram
from textcnn.service.labelling.model_tallies import SHARES, ModelTallies
from textcnn.service.labelling.tally import Tally
from textcnn.service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textcnn.service.loaded.registry import Registry

PAGE = (Path(__file__).parents[3] / "docs" / "http.md").read_text(encoding="utf-8")
Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def fresh(registry: Registry) -> Iterator[TestClient]:
    """A service whose figures nobody has touched."""
    with TestClient(create_app(Settings(max_text_characters=50, max_batch_texts=9), registry)) as client:
        yield client


def figures(client: TestClient) -> Figures:
    return parsed(client.get("/metrics").text)


def parsed(page: str) -> Figures:
    """Each figure by its name and its labels, without the version of the model."""
    return {
        (sample.name, tuple(sorted((k, v) for k, v in sample.labels.items() if k != "version"))): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def test_requests_are_counted_by_route_and_status_and_never_by_what_a_client_invents(
    fresh: TestClient,
) -> None:
    for _ in range(3):
        fresh.post("/v1/classify", json={"text": "a good film"})
    fresh.post("/v1/classify", json={"txt": "a good film"})
    fresh.get("/v1/models/tiny")
    fresh.get("/v1/models/my-private-words")
    fresh.get("/my-private-words")
    fresh.request("INVENTED", "/v1/classify")
    page = fresh.get("/metrics").text
    found = parsed(page)
    assert "private" not in page
    assert "INVENTED" not in page

    def requests(method: str, route: str, status: str) -> float:
        return found["textcnn_requests_total", (("method", method), ("route", route), ("status", status))]

    assert requests("POST", "/v1/classify", "200") == 3
    assert requests("POST", "/v1/classify", "422") == 1
    assert requests("GET", "/v1/models/{model}", "200") == 1
    assert requests("GET", "/v1/models/{model}", "404") == 1
    assert requests("GET", "other", "404") == 1
    assert found["textcnn_request_seconds_count", (("route", "/v1/classify"),)] == 5


def test_texts_labels_scores_and_unknown_shares_are_counted_by_model(fresh: TestClient) -> None:
    one = fresh.post("/v1/classify", json={"text": "a good film"}).json()
    fresh.post("/v1/classify/batch", json={"texts": ["a good film", "zzz qqq", 5, "a film " * 20]})
    found, tiny = figures(fresh), (("model", "tiny"),)
    assert found["textcnn_texts_total", tiny] == 4
    assert found["textcnn_truncated_texts_total", tiny] == 1
    labels = {key[1]: value for key, value in found.items() if key[0] == "textcnn_labels_total"}
    assert sum(labels.values()) == 4
    assert labels[("label", one["label"]), ("model", "tiny")] >= 2
    assert found["textcnn_score_count", tiny] == 4
    assert found["textcnn_unknown_token_share_bucket", (("le", "0.5"), ("model", "tiny"))] == 3
    assert found["textcnn_unknown_token_share_bucket", (("le", "1.0"), ("model", "tiny"))] == 4
    assert found["textcnn_resident_memory_bytes", ()] > 10**7
    assert found["textcnn_heavy_requests", ()] == 0


def test_a_multi_label_model_counts_each_label_or_the_empty_one(fresh: TestClient) -> None:
    body = {"text": "a good film", "model": "tiny-multi"}
    for threshold in (0.0, 1.0):
        fresh.post("/v1/classify", json={**body, "threshold": threshold})
    found = figures(fresh)
    for label in ("good", "bad", "其他", ""):
        assert found["textcnn_labels_total", (("label", label), ("model", "tiny-multi"))] == 1


def test_reading_the_figures_twice_counts_nothing_twice(fresh: TestClient) -> None:
    fresh.post("/v1/classify", json={"text": "a good film"})
    key = ("textcnn_texts_total", (("model", "tiny"),))
    assert figures(fresh)[key] == figures(fresh)[key] == 1


def test_values_added_at_once_are_those_added_one_by_one() -> None:
    tally = Tally(SHARES)
    at_once, one_by_one = (SummedHistogram(name, "x", buckets=SHARES, registry=None) for name in ("a", "b"))
    for value in (0, 0.05, 0.051, 0.5, 0.99, 1):
        tally.add(value)
        one_by_one.observe(value)
    at_once.add(tally)

    def told(histogram: SummedHistogram) -> list[tuple[str, dict[str, str], float]]:
        samples = next(iter(histogram.collect())).samples
        return [(each.name[1:], each.labels, each.value) for each in samples if "created" not in each.name]

    assert told(at_once) == told(one_by_one)
    assert tally.counts == [0] * (len(SHARES) + 1)


def test_the_page_for_people_tells_of_every_figure(fresh: TestClient) -> None:
    fresh.post("/v1/classify", json={"text": "a good film"})
    told = set(re.findall(r"^\| `(textcnn_\w+)` \|", PAGE, re.MULTILINE))
    assert told == set(re.findall(r"^# TYPE (textcnn_\w+)", fresh.get("/metrics").text, re.MULTILINE))


def test_nothing_is_told_before_anything_happened() -> None:
    assert not [
        line
        for line in Metrics(ModelTallies()).page().decode().splitlines()
        if "textcnn_texts_total{" in line
    ]
