"""The command that a training job runs."""

from __future__ import annotations

from typing import Any

import pytest

from textcnn.reading.layout import Layout
from textcnn.service.jobs.training_attempt import _layout_of

LAYOUT = Layout(text_columns=("subject", "body"), delimiter="\t", header=False)


@pytest.mark.parametrize(
    "wish",
    [
        {"layout": LAYOUT.to_json()},
        {"layout": {"text_column": "subject,body", "delimiter": "tab"}, "header": False},
    ],
    ids=["stored now", "stored by an earlier release"],
)
def test_the_layout_of_a_queued_job_is_read_whichever_release_stored_it(wish: dict[str, Any]) -> None:
    assert _layout_of(wish) == LAYOUT
    assert _layout_of({}) == Layout()
