from __future__ import annotations

import pytest

from textcnn.errors import nearest


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("epoch", "epochs"),
        ("Learning-Rate", "learning_rate"),
        ("learing_rate", "learning_rate"),
        ("filter", "filters"),
        ("temperature", None),
        ("", None),
        ("e" * 100_000, None),
    ],
)
def test_the_nearest_name_is_found_and_no_far_one(name: str, meant: str | None) -> None:
    assert nearest(name, ["epochs", "learning_rate", "filters"]) == meant
