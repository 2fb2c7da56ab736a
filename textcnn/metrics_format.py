"""The format of `metrics.json`, and how that of earlier releases is read."""

from __future__ import annotations

from typing import Any, Final

from textcnn.confusion import pairs_of_matrix

METRICS_FORMAT: Final = 2
"""1, which no file says: the confusion as a matrix of L x L. 2: as the pairs that occur; baselines and
warnings beside the figures."""


def upgraded(metrics: dict[str, Any]) -> dict[str, Any]:
    """The content of a `metrics.json`, as this release writes it.

    Raises:
        ValueError: it is of a later format, or its confusion is no matrix; the sentence says so.
    """
    version = metrics.get("format_version", 1)
    if type(version) is not int or version > METRICS_FORMAT:
        raise ValueError(f"its format_version is none up to {METRICS_FORMAT}, which this release reads")
    if "matrix" not in (metrics.get("confusion") or {}):
        return metrics
    try:
        return {**metrics, "confusion": pairs_of_matrix(metrics["confusion"])}
    except (ValueError, TypeError, OverflowError, AttributeError) as error:
        raise ValueError("its confusion is no square of counts, one for each pair of labels") from error
