"""The scores of a text, as clients list them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from textcnn.prediction import probabilities

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textcnn.service.labelling.labelled import Outcome

Function = Literal["softmax", "sigmoid", "none"]


def best_first(scores: Mapping[str, float], count: int | None = None) -> list[tuple[str, float]]:
    """The labels with their scores, best first, equal ones by name; all, or the first `count`."""
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:count]


def scores_of(outcome: Outcome, function: Function | None) -> dict[str, float]:
    """The score of every label, as a function of its logit: `none` gives the logits themselves.

    The others are calibrated, by the model's temperature. Without one, it is the function that the model was
    trained for: sigmoid where texts may have several labels, else softmax.
    """
    config = outcome.model.classifier.config
    if function == "none":
        return dict(zip(config.labels, outcome.logits, strict=True))
    if function is None or (function == "sigmoid") == config.multi_label:
        return outcome.detail.prediction.scores
    logits = np.array([outcome.logits], dtype=np.float32)
    rows = probabilities(logits, multi_label=function == "sigmoid", temperature=config.temperature)
    return dict(zip(config.labels, rows[0].tolist(), strict=True))
