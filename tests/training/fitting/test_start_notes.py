from __future__ import annotations

import pytest

from textcnn.training.fitting.start_notes import labels_note


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (("negative", "positive"), "it keeps 2 labels"),
        (("negative", "neutral"), "it keeps 1 label, adds neutral, drops positive"),
        ((*"abcdef", "positive"), "it keeps 1 label, adds 6 labels, drops negative"),
        (
            ("Negative", "Positive"),
            "none of its labels (negative, positive) is one of the corpus's (Negative, Positive), "
            "which all begin afresh",
        ),
    ],
)
def test_labels_that_go_on_begin_afresh_or_go_are_told(labels: tuple[str, ...], told: str) -> None:
    assert labels_note(("negative", "positive"), labels) == told
