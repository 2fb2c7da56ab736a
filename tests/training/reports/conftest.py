from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _undrawn_charts() -> None:
    """Draw them: they are what is tested here."""
