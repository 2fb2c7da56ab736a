from __future__ import annotations

import io
from typing import Any

from textcnn.pages.visible_console import VisibleConsole
from textcnn.training.commands.label_figures import show_labels


def shown(per_label: dict[str, dict[str, Any]]) -> str:
    stream = io.StringIO()
    show_labels(VisibleConsole(file=stream, width=120), per_label)
    return stream.getvalue()


def figures(f1: float, support: int) -> dict[str, Any]:
    return {"precision": f1, "recall": f1, "f1": f1, "support": support}


def test_a_few_labels_are_all_shown_in_their_order() -> None:
    output = shown({"b": figures(0.9, 40), "a": figures(0.5, 30)})
    assert output.index("0.900") < output.index("0.500")
    assert "fewer than" not in output


def test_of_many_labels_the_worst_ten_are_shown() -> None:
    output = shown({f"label{number:02}": figures(number / 100, 50) for number in range(60)})
    assert "The worst 10 of 60 labels" in output
    assert "label09" in output
    assert "label10" not in output


def test_labels_with_too_few_test_rows_get_a_hint_that_names_what_helps() -> None:
    output = " ".join(shown({"rare": figures(0.0, 2), "common": figures(0.9, 90)}).split())
    assert "labels with fewer than 10 test rows, whose figures say little: rare." in output
    assert "--folds 5" in output
    assert "class_weights=balanced" in output
