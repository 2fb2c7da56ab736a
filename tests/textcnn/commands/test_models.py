"""`textcnn models`, as a table and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_models_lists_directories_and_hides_no_damage(
    model_dir: Path, tmp_path: Path, output: Callable[..., str]
) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "manifest.json").write_text("{}", encoding="utf-8")
    entries = {
        entry["name"]: entry for entry in json.loads(output("models", model_dir.parent, tmp_path, "--json"))
    }
    assert entries[str(model_dir)]["accuracy"] == 0.5
    assert "lacks config.json" in entries[str(tmp_path / "broken")]["error"]
    assert "其他" in output("models", model_dir)
