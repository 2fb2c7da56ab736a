"""The figures of a constant answer and of a linear model, which stand beside a model's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LABELS_NAMED = 3


def baseline_figures(metrics: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The name and the figure of each answer that the model has to beat; none of older models."""
    baselines = metrics.get("baselines")
    if not baselines:
        return
    labels = baselines["constant"]["labels"]
    named = ", ".join(labels[:_LABELS_NAMED]) + (", …" if len(labels) > _LABELS_NAMED else "")
    several = "micro-F1 of " if baselines["measure"] == "micro_f1" else ""
    yield f"{several}always {named}", f"{baselines['constant']['value']:.4f}"
    if "linear" in baselines:
        linear = baselines["linear"]
        figure = f"{linear['value']:.4f}" if "value" in linear else f"none: {linear['failure']}"
        yield f"{several}a linear model (TF-IDF)", figure
