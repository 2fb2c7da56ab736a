"""The corpora that figures are measured on, in the directory that TEXTCNN_CORPORA names."""

from __future__ import annotations

import os
from pathlib import Path

BESIDE = Path(__file__).parents[2] / "shared" / "corpora"
CORPORA_DIRECTORY = Path(os.environ.get("TEXTCNN_CORPORA") or BESIDE)
"""By default `../shared/corpora`, beside the repository."""


def find_corpora(benchmark: str, inside: str = "") -> Path | None:
    """The directory, or what has this name in it; where it is not, says so and gives None."""
    path = CORPORA_DIRECTORY / inside
    if path.exists():
        return path
    print(f"{benchmark}: no {path}; say where the corpora are with TEXTCNN_CORPORA")
    return None
