"""Every benchmark by name: `python -m benchmarks [NAME ...]`, all of them without a name."""

from __future__ import annotations

import sys
from importlib import import_module

NAMES = (
    "selection",
    "accuracy",
    "kim",
    "out_of_scope",
    "audit",
    "bundled",
    "startup",
    "training_step",
    "engine",
    "cluster",
    "evidence",
    "faithfulness",
)


def main(names: list[str]) -> None:
    """Run the named benchmarks, which write `benchmarks/results/NAME.json`; then rewrite the docs' tables."""
    for name in names or NAMES:
        if name not in NAMES:
            sys.exit(f"There is no benchmark '{name}'; there are {', '.join(NAMES)}.")
        import_module(f"benchmarks.{name}").main()
    import_module("benchmarks.tables").main()


if __name__ == "__main__":
    main(sys.argv[1:])
