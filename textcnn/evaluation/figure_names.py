"""The figures of an evaluation that are shown to people: their keys in `metrics.json`, and their names."""

from __future__ import annotations

from typing import Final

OVERALL: Final = {"accuracy": "accuracy", "macro_f1": "macro-F1", "micro_f1": "micro-F1"}
"""Of all rows together; a model has those that go with its kind."""
OF_A_LABEL: Final = {"precision": "precision", "recall": "recall", "f1": "F1"}
"""Of each label; each has an interval beside it."""
