"""The side of a model's splits that a text is on: the same for good, whatever else the corpora hold.

A side is drawn from a hash of the normalised text with the model's salt. So a text that was evaluated on once
is never trained on, in whichever corpus it comes again, and nobody can tell the sides of texts from outside.
"""

from __future__ import annotations

import hashlib
from typing import Final, Literal

from textcnn.tokens.normalise import normalise

Side = Literal["train", "validation", "evaluation"]

EVALUATION_SHARE: Final = 0.2
"""Share of all texts that versions are compared on."""
VALIDATION_SHARE: Final = 0.1
"""Share of all texts that the epoch is chosen and the scores are calibrated by."""


def side_of(text: str, salt: str) -> Side:
    """The side of a text; texts equal after `normalise` are on one side."""
    data = f"{salt}\n{normalise(text)}".encode("utf-8", "surrogatepass")
    share = int.from_bytes(hashlib.sha256(data).digest()[:8], "big") / 2**64
    if share < EVALUATION_SHARE:
        return "evaluation"
    return "validation" if share < EVALUATION_SHARE + VALIDATION_SHARE else "train"
