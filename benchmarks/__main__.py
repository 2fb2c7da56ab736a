"""Every benchmark by name: `python -m benchmarks [NAME ...]`, all but those apart without a name."""

from __future__ import annotations

import sys
from importlib import import_module

from benchmarks.names import names_to_run


def main(names: list[str]) -> None:
    """Run the named benchmarks, which write `benchmarks/results/NAME.json`; then rewrite the docs' tables."""
    for name in names_to_run(names):
        import_module(f"benchmarks.{name}").main()
    import_module("benchmarks.tables").main()


if __name__ == "__main__":
    main(sys.argv[1:])
