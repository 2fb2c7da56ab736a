"""Notes at the start of a training: what it begins with, and which texts it repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textcnn.training.defaults import MOSTLY_PARTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from textcnn.recipe import Recipe
    from textcnn.training.init.start import ChosenStart

_NAMED = 5
"""Labels that a note names; more are counted."""


def start_note(chosen: ChosenStart, facts: dict[str, Any], recipe: Recipe, labels: Sequence[str]) -> str:
    """Tell in a sentence or two what a network begins with; `facts` are those of `training.json`."""
    start, why = chosen.start, f" ({chosen.reason})" * bool(chosen.reason)
    if start is None:
        as_they_are = ", which stay as they are" * (recipe.channels == "static")
        return f"starting from random vectors{why}{as_they_are}"
    sentence = (
        f"starting from {start.name}{why}: {facts['tokens']:,} "
        f"tokens of {facts['dimensions']} numbers, which are {100 * facts['coverage']:.1f} % of the text"
    )
    if start.added:
        sentence += f"; {start.added:,} tokens of the text that it lacks are added"
    if start.offered is not None:
        sentence += f"; {facts['kept']:,} of the file's {start.offered:,} words are kept"
    if start.model is not None:
        sentence += f"; {labels_note(start.model.labels, labels)}"
        sentence += ". Figures flatter unless the model has never seen the validation and test rows"
    return sentence


def labels_note(earlier: Sequence[str], labels: Sequence[str]) -> str:
    """Tell which labels go on with what an earlier model knows of them, which begin afresh, and which go."""
    labels_kept = [label for label in labels if label in earlier]
    if not labels_kept:
        return (
            f"none of its labels ({_listed(earlier)}) is one of the corpus's ({_listed(labels)}), "
            "which all begin afresh"
        )
    sentence = f"it keeps {len(labels_kept):,} {'label' if len(labels_kept) == 1 else 'labels'}"
    for verb, others in (
        ("adds", [label for label in labels if label not in earlier]),
        ("drops", [label for label in earlier if label not in labels]),
    ):
        if others:
            sentence += f", {verb} {_listed(others)}"
    return sentence


def _listed(labels: Sequence[str]) -> str:
    """The labels' names, or how many they are."""
    return ", ".join(labels) if len(labels) <= _NAMED else f"{len(labels):,} labels"


def repeat_wholes_note(times: NDArray[np.int64], recipe: Recipe) -> str:
    """Tell how many texts an epoch has more than once, and what that says about rows that are split off."""
    wholes = int((times > 1).sum())
    parts = len(times) - wholes
    sentence = f"{wholes:,} texts come {recipe.repeat_wholes} times an epoch"
    if parts > MOSTLY_PARTS * len(times):
        sentence += (
            f": the other {parts:,} are part of longer ones. If validation or test rows were split off, they "
            "are parts of texts that are trained on, and flatter: give files of other texts"
        )
    return sentence
