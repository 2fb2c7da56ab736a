from __future__ import annotations

from typing import Any

SMALL: dict[str, Any] = {
    "init": "rand",
    "embedding_dim": 16,
    "filters": 8,
    "widths": (1, 2),
    "epochs": 2,
    "batch_size": 32,
    "select_by": "loss",
}
"""Keys of a recipe that learns in a second."""
