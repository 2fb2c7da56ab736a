"""Every benchmark by name: `python -m benchmarks [NAME ...]`, all but `image` without a name."""

from __future__ import annotations

import sys
from importlib import import_module

NAMES = (
    "selection",
    "accuracy",
    "kim",
    "distillation",
    "out_of_scope",
    "audit",
    "bundled",
    "startup",
    "training_step",
    "training_time",
    "engine",
    "memory",
    "cluster",
    "fuzz",
    "evidence",
    "faithfulness",
    "load",
    "soak",
    "drain",
    "loop",
    "console",
)
APART = ("image",)
"""Needs root and tools that build images, so it runs only by its name."""


def main(names: list[str]) -> None:
    """Run the named benchmarks, which write `benchmarks/results/NAME.json`; then rewrite the docs' tables."""
    for name in names or NAMES:
        if name not in (*NAMES, *APART):
            sys.exit(f"There is no benchmark '{name}'; there are {', '.join((*NAMES, *APART))}.")
        import_module(f"benchmarks.{name}").main()
    import_module("benchmarks.tables").main()


if __name__ == "__main__":
    main(sys.argv[1:])
