"""The machine that a figure was measured on, and where figures are kept."""

from __future__ import annotations

import json
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def describe_machine() -> dict[str, Any]:
    """Processor, cores, operating system and versions: what a figure depends on."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("textcnn", "torch", "numpy", "tokenizers", "numba")},
    }


def read_results(name: str) -> dict[str, Any]:
    """Read `benchmarks/results/NAME.json`; nothing where it does not exist."""
    path = RESULTS / f"{name}.json"
    values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return values


def write_results(name: str, values: dict[str, Any]) -> None:
    """Keep figures as `benchmarks/results/NAME.json`, with the machine that made them."""
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps({"machine": describe_machine(), **values}, indent=1, ensure_ascii=False)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def processor() -> str:
    """The processor's name, as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
