"""The figures of each label in a terminal: all of a few, the worst of many, and which say little."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from textcnn.evaluation.figure_names import OF_A_LABEL
from textcnn.pages import terminal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

MOST_SHOWN: Final = 10
FEWEST_ROWS: Final = 10
"""Test rows of a label with fewer of which its figures are chance: one row more or less moves them by 0.1."""
_LABELS_NAMED: Final = 10


def show_labels(console: Console, per_label: Mapping[str, Mapping[str, Any]]) -> None:
    """Print precision, recall, F1 and test rows of each label; of many, of the ten with the worst F1."""
    tested = {label: figures for label, figures in per_label.items() if figures["support"]}
    worst = sorted(tested, key=lambda label: tested[label]["f1"])[:MOST_SHOWN]
    many = len(tested) > MOST_SHOWN
    rows = [_row(label, tested[label]) for label in (worst if many else tested)]
    names = (name[0].upper() + name[1:] for name in OF_A_LABEL.values())
    title = f"The worst {MOST_SHOWN} of {len(tested):,} labels" if many else "Labels"
    console.print(terminal.table(title, ("Label", *names, "Rows"), rows))
    few = [label for label, figures in per_label.items() if figures["support"] < FEWEST_ROWS]
    if few:
        console.print(_hint(few), soft_wrap=True)


def _row(label: str, figures: Mapping[str, Any]) -> list[str]:
    return [label, *(f"{figures[key]:.3f}" for key in OF_A_LABEL), f"{figures['support']:,}"]


def _hint(labels: list[str]) -> str:
    return (
        f"labels with fewer than {FEWEST_ROWS} test rows, whose figures say little: "
        f"{terminal.some(labels, _LABELS_NAMED)}. --folds 5 tests every row once; "
        "--set class_weights=balanced makes rare labels count as much as the others."
    )
