"""A request to retrain means the same wherever it comes from, and is refused whole."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from textcnn.errors import ConfigError
from textcnn.reading.layout import FIELDS, Layout
from textcnn.service.http.retraining_schemas import TrainForm
from textcnn.service.retraining.retrain_request import RetrainRequest
from textcnn.service.routes.training_upload import read_form

LAYOUT = Layout(text_columns=("subject", "body"), delimiter="\t", header=False)


def test_a_request_is_read_as_it_was_written() -> None:
    request = RetrainRequest(
        files=("0-a.csv", "1-b.csv"),
        init="live",
        promote="never",
        data="replace",
        feedback=True,
        contradictions="majority",
        recipe={"epochs": 3, "widths": [2, 3], "class_weights": {"spam": 2.0}},
        layout=LAYOUT,
    )
    assert RetrainRequest.from_json(request.to_json()) == request
    defaults = RetrainRequest(files=("a.csv",))
    assert RetrainRequest.from_json(defaults.to_json()) == defaults
    assert "contradictions" not in defaults.to_json()  # which an earlier release does not know


def test_a_form_says_each_field_of_a_request() -> None:
    fields = {each.name for each in dataclasses.fields(RetrainRequest)} - {"files", "layout"}
    assert {*TrainForm.__struct_fields__} == fields | {each.name for each in FIELDS}
    assert read_form({}) == RetrainRequest()
    said = {"feedback": "true", "recipe": '{"epochs": 3}', "text_column": "subject, body", "delimiter": "tab"}
    assert read_form({**said, "header": "false", "init": "scratch"}) == RetrainRequest(
        init="scratch", feedback=True, recipe={"epochs": 3}, layout=LAYOUT
    )
    assert read_form({"contradictions": "drop"}) == RetrainRequest(contradictions="drop")


@pytest.mark.parametrize(
    ("stored", "request_then"),
    [
        (
            {
                "init": "scratch",
                "promote": "never",
                "data": "union",
                "feedback": True,
                "recipe": {"epochs": 3, "widths": "[2, 3]", "activation": "tanh"},
                "layout": {"text_column": "subject,body", "delimiter": "tab"},
                "header": False,
                "files": ["0-a.csv"],
            },
            RetrainRequest(
                files=("0-a.csv",),
                init="scratch",
                promote="never",
                feedback=True,
                recipe={"epochs": 3, "widths": [2, 3], "activation": "tanh"},
                layout=LAYOUT,
            ),
        ),
        ({"files": ["a.csv"], "layout": {}, "header": None}, RetrainRequest(files=("a.csv",))),
    ],
)
def test_what_an_earlier_release_queued_is_read(stored: dict[str, Any], request_then: RetrainRequest) -> None:
    assert RetrainRequest.from_json(stored) == request_then


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"init": "afresh"}, "init is 'afresh'; expected one of auto, scratch, base-en, base-zh, live"),
        ({"promote": "perhaps"}, "promote is 'perhaps'"),
        ({"data": "some"}, "data is 'some'"),
        ({"recipe": {"refit": True}}, "'refit' is not for the recipe here"),
        ({"recipe": {"init": "rand"}}, "'init' is not for the recipe here"),
        ({"recipe": {"epochs": "x"}}, "epochs is 'x'"),
        ({"recipe": {"widths": [3, 3]}}, "widths"),
        ({"recipe": {"epoch": 1}}, "no key 'epoch'"),
    ],
)
def test_an_impossible_request_cannot_be_made(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        RetrainRequest(**values)
