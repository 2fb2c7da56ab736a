"""`textcnn inspect`, as tables and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_inspect_shows_the_network_and_what_is_known(
    model_dir: Path, multi_label_model_dir: Path, output: Callable[..., str]
) -> None:
    shown = output("inspect", model_dir)
    for part in ("convolution 5", "(n+4, 4)", "其他", "temperature", "0.5000", "trained"):
        assert part in shown
    assert "thresholds" in output("inspect", multi_label_model_dir)
    values = json.loads(output("inspect", model_dir, "--json"))
    assert values["config"]["labels"] == ["good", "bad", "其他"]
    assert values["summary"]["parameters"] > 0
    assert values["metrics"]["accuracy"] == 0.5
