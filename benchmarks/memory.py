"""The memory of a loaded model: `python -m benchmarks memory`.

Each process loads the bundled `sentiment` model and labels a thousand texts. numba loads SciPy where it is
installed, as it is with the extras `train` and `dev`; the base installation and the service have none, so it
is kept out, and measured apart.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.machine import write_results

WITHOUT_SCIPY = "import sys; sys.modules['scipy'] = None;"
"""As in the base installation: importing it raises ImportError."""
CLASSIFY = (
    "import sys; from textcnn import TextClassifier; c = TextClassifier.load('sentiment');"
    "[c.classify(f'a good film {n}') for n in range(1000)]; print(flush=True); sys.stdin.read()"
)


def main() -> None:
    """Measure, and keep the figures as `benchmarks/results/memory.json`."""
    # The first process may compile what the cache lacks, and keeps the compiler's pages.
    subprocess.run(
        [sys.executable, "-c", CLASSIFY], check=True, capture_output=True, stdin=subprocess.DEVNULL
    )
    alone = _measure(WITHOUT_SCIPY + CLASSIFY, 1)[0]
    two = _measure(WITHOUT_SCIPY + CLASSIFY, 2)
    with_scipy = _measure(CLASSIFY, 1)[0]
    megabytes = {
        "one process": alone["Rss"],
        "one process, SciPy installed": with_scipy["Rss"],
        "two processes together": sum(each["Pss"] for each in two),
        "what each has for itself alone": max(each["Private_Clean"] + each["Private_Dirty"] for each in two),
    }
    write_results("memory", {"megabytes": megabytes})
    print("memory:", ", ".join(f"{name} {value:.0f} MB" for name, value in megabytes.items()))


def _measure(script: str, count: int) -> list[dict[str, float]]:
    """The kernel's own account of each of `count` processes that have labelled and wait, in MB."""
    processes = [
        subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(count)
    ]
    for process in processes:
        assert process.stdout is not None  # noqa: S101  # it is a pipe
        process.stdout.readline()
    sizes = [_sizes(process.pid) for process in processes]
    for process in processes:
        process.communicate()
    return sizes


def _sizes(pid: int) -> dict[str, float]:
    """MB by the names of smaps: resident, proportional (a page of two processes counts half in each), ..."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    return {line.split(":")[0]: int(line.split()[1]) / 1000 for line in lines[1:]}
