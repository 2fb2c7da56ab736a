"""What a retraining may be asked to do, for its command, its route and itself."""

from __future__ import annotations

from typing import Literal

Init = Literal["auto", "scratch", "base-en", "base-zh", "live"]
"""What it begins with: what the corpus suggests, random vectors, a base, or the live version."""
Policy = Literal["if-better", "never", "always"]
"""When the new version goes live."""
Data = Literal["union", "replace"]
"""New rows beside the kept ones of the live version, or instead of them."""
