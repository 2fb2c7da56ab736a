"""The cost of handing files out: `python -m benchmarks cluster`, Ray on two local nodes beside one process.

Both label the same files of distinct sentences, and take turns; figures are medians. A node has one CPU, so
a row's cost on the cluster is the time that passed, times two nodes. Starting Ray is timed apart: the nodes,
the connection, and the first small run, in which the workers start and load the model.
"""

from __future__ import annotations

import logging
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.machine import write_results
from benchmarks.sentences import sentences
from textcnn.files.cluster import ray_runner
from textcnn.files.file_options import FileOptions
from textcnn.files.many_files import label_files
from textcnn.files.one_file import label_file
from textcnn.reading.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Callable

    from ray.cluster_utils import Cluster

COUNT = 240_000
FILES = 12
NODES = 2
RUNS = 5
MODEL = "sentiment"
LINES = FileOptions(layout=Layout(format="lines"), output_format="tsv")


def main() -> None:
    """Measure and keep; both must give the same bytes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder / "in", sentences(COUNT), FILES)
        _write(folder / "few", sentences(NODES), NODES)
        cluster, starting = _start(folder)
        try:
            seconds = _take_turns(folder)
        finally:
            _stop(cluster)
        for file in (folder / "in").iterdir():
            alone, shared = (folder / out / f"{file.name}.tsv" for out in ("alone", "shared"))
            if alone.read_bytes() != shared.read_bytes():
                raise ValueError(f"{file.name} came out differently")
    single, shared_cost = (
        1e6 * seconds[way] * cpus / COUNT for way, cpus in (("alone", 1), ("shared", NODES))
    )
    results = {
        "rows": COUNT,
        "files": FILES,
        "nodes": NODES,
        "runs": RUNS,
        "median_seconds": seconds,
        "microseconds_per_row": {"single process": single, "Ray, a node": shared_cost},
        "start_seconds": starting,
    }
    write_results("cluster", results)
    print(
        f"cluster: {single:.2f} us a row in one process, {shared_cost:.2f} on each of {NODES} nodes; "
        f"Ray starts in {sum(starting.values()):.1f} s"
    )


def _start(folder: Path) -> tuple[Cluster, dict[str, float]]:
    """A cluster whose workers have the model, and what each step took."""
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DATA_DISABLE_PROGRESS_BARS": "1"}
    import ray
    from ray.cluster_utils import Cluster

    cluster = Cluster()

    def nodes() -> None:
        cluster.add_node(num_cpus=0, include_dashboard=False)
        for _ in range(NODES):
            cluster.add_node(num_cpus=1)

    def connection() -> None:
        ray.init(cluster.address, log_to_driver=False, logging_level=logging.ERROR)

    def workers() -> None:
        with ray_runner() as runner:
            label_files(MODEL, folder / "few", folder / "few-out", LINES, runner=runner)

    return cluster, {step.__name__: _timed(step) for step in (nodes, connection, workers)}


def _stop(cluster: Cluster) -> None:
    import ray

    ray.shutdown()
    cluster.shutdown()  # type: ignore[no-untyped-call]  # Ray leaves it so


def _take_turns(folder: Path) -> dict[str, float]:
    """Median seconds of each way to label all files."""

    def alone() -> None:
        shutil.rmtree(folder / "alone", ignore_errors=True)
        (folder / "alone").mkdir()
        for file in (folder / "in").iterdir():
            label_file(MODEL, file, folder / "alone" / f"{file.name}.tsv", LINES, workers=1)

    def shared() -> None:
        shutil.rmtree(folder / "shared", ignore_errors=True)
        with ray_runner() as runner:
            label_files(MODEL, folder / "in", folder / "shared", LINES, runner=runner)

    rounds = [{way.__name__: _timed(way) for way in (alone, shared)} for _ in range(RUNS)]
    return {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}


def _timed(step: Callable[[], Any]) -> float:
    started = time.perf_counter()
    step()
    return time.perf_counter() - started


def _write(folder: Path, texts: list[str], files: int) -> None:
    folder.mkdir()
    for number in range(files):
        lines = texts[number::files]
        (folder / f"{number:02}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
