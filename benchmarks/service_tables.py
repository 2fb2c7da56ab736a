"""The documentation's tables about the service: load, soak, drain, the image and what `make proof` holds."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

from benchmarks.machine import read_results
from benchmarks.markdown import table

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD_OF_LOAD = ["connections", "contender", "requests/s", "p50, ms", "p99, ms"]


def load_table() -> str:
    """A row for each contender at each number of connections."""
    rows = [
        [
            str(part["connections"]),
            name,
            f"{value:,.0f}",
            f"{part['p50_ms'][name]:.2f}",
            f"{part['p99_ms'][name]:.2f}",
        ]
        for part in read_results("load").get("single", [])
        for name, value in part["per_second"].items()
    ]
    return table(HEAD_OF_LOAD, rows, words=2)


def load_ratio_table() -> str:
    """A row for each number of connections: ours over the empty endpoint's."""
    rows = [
        [str(part["connections"]), f"{part['ratio']:.2f}", f"{part['p99_ratio']:.2f}"]
        for part in read_results("load").get("single", [])
    ]
    return table(["connections", "requests/s, textcnn / empty", "p99, textcnn / empty"], rows)


def load_batch_table() -> str:
    """A row for batches within a process, and one for each number of connections."""
    batch: dict[str, Any] = read_results("load").get("batch", {})
    rows = [["`classify_batch`, in process", f"{batch['in_process_per_second']:,.0f}", ""]] if batch else []
    rows += [
        [f"over HTTP, connections: {number}", f"{value:,.0f}", f"{batch['ratio'][number]:.2f}"]
        for number, value in batch.get("per_second", {}).items()
    ]
    return table(["batches of 256", "texts/s", "to in process"], rows)


def soak_table() -> str:
    """A row for the soak: memory before and after."""
    found = read_results("soak")
    row = [
        f"{found['requests']:,}",
        str(found["failures"]),
        f"{found['start_bytes'] / 1e6:.1f}",
        f"{found['end_bytes'] / 1e6:.1f}",
        f"{100 * found['growth']:.2f} %",
    ] if found else []  # fmt: skip
    head = ["requests", "not answered with 200", "memory at the start, MB", "at the end, MB", "growth"]
    return table(head, [row] if row else [], words=0)


def drain_table() -> str:
    """A row for all runs: what became of the requests."""
    found = read_results("drain")
    row = [
        str(found["runs"]),
        f"{found['answers']:,}",
        str(found["lost"]),
        str(found["not_accepted"]),
        f"{max(found['seconds_to_end']):.2f}",
    ] if found else []  # fmt: skip
    head = ["SIGTERMs", "answers", "lost", "sent after it, not accepted", "longest end, s"]
    return table(head, [row] if row else [], words=0)


def fuzz_table() -> str:
    """A row for all hostile requests: how they were answered, and memory after the warm-up."""
    found = read_results("fuzz")
    if not found:
        rows = []
    else:
        memory = found["resident_megabytes"]
        rows = [[
            f"{found['requests']:,}",
            str(found["routes"]),
            ", ".join(f"{count:,} with {status}" for status, count in found["statuses"].items()),
            *(f"{memory[name]['median']:.1f} ({memory[name]['most']:.1f})" for name in memory),
            f"{100 * found['growth']:.1f} %",
        ]]  # fmt: skip
    memory_heads = ["memory of the warm-up, MB: median (most)", "of the first half", "of the second"]
    return table(["requests", "routes", "answered", *memory_heads, "growth"], rows, words=0)


def image_table() -> str:
    """A row for each figure of the serve image."""
    found = read_results("image")
    rows = [
        ["base image, MB", f"{found['base_mb']:,.0f}"],
        ["`serve` adds, MB", f"{found['added_mb']:,.0f}"],
        ["ready after, s", f"{statistics.median(found['seconds_to_ready']):.2f}"],
    ] if found else []  # fmt: skip
    return table(["image", "figure"], rows)


def loop_table() -> str:
    """A row for each promise of the loop: what was measured, and the most that it may be."""
    found = read_results("loop")
    rows = []
    if found:
        most, swaps, agreement = found["required"], found["swaps"], found["agreement"]
        changes = f"{swaps['promotions']} promotions and {swaps['rollbacks']} rollbacks"
        load = f"{changes} under {swaps['connections']} connections"
        rows += [
            [f"{load}: requests that failed, of {swaps['answers']:,}", str(swaps["failures"]), "0"],
            [
                f"p99 meanwhile, to {swaps['quiet_p99_ms']:.1f} ms when quiet",
                f"{swaps['p99_ratio']:.2f}",
                f"{most['swap_p99_ratio']:.0f}",
            ],
            [
                f"two processes agree on a promoted version, longest of {agreement['runs']}, s",
                f"{agreement['longest']:.2f}",
                f"{most['agreement_seconds']:.0f}",
            ],
        ]
    if training := found.get("retraining"):
        asked = f"{training['requests_per_second']} requests a second"
        rows += [
            [
                "SMS Spam Collection, from its upload to its version answering, s",
                f"{training['seconds_to_live']:.0f}",
                f"{most['upload_to_live_seconds']:.0f}",
            ],
            [f"the same beside {asked}, s", f"{training['seconds_to_live_under_load']:.0f}", ""],
            [
                f"p99 of these while training, to {training['quiet_p99_ms']:.1f} ms when quiet",
                f"{training['p99_ratio']:.2f}",
                f"{most['training_p99_ratio']:.0f}",
            ],
        ]
    return table(["what", "measured", "at most"], rows)


def console_table() -> str:
    """A row for the console's first paint, and one for its size."""
    found = read_results("console")
    rows = []
    if found:
        paint = found["first_paint_seconds"]
        rows = [
            [f"first paint, median of {found['visits']} visits, s", f"{paint['median']:.2f}"],
            ["the longest, s", f"{paint['longest']:.2f}"],
            ["page and assets, kB", f"{found['bytes'] / 1e3:.0f}"],
        ]
    return table(["what", "measured"], rows)


def before_after_table() -> str:
    """A row for each hot path: its speed in two versions, and the ratio."""
    rows = [
        [
            name,
            _speed(figure["before_per_second"]),
            _speed(figure["after_per_second"]),
            f"{figure['ratio']:.2f}",
            f"{figure['least']:.2f} to {figure['most']:.2f}",
        ]
        for name, figure in read_results("before_after").get("figures", {}).items()
    ]
    return table(["a second", "before", "after", "after / before", "of the rounds"], rows)


def proof_table() -> str:
    """A row for each promise that tests hold in full: how often it was tried, and whether it held."""
    rows = [
        [
            promise,
            f"{sum(part['times'] for part in parts.values()):,}",
            "yes" if all(part["held"] for part in parts.values()) else "no",
            f"{sum(part['seconds'] for part in parts.values()):,.0f}",
        ]
        for promise, parts in read_results("proof").get("promises", {}).items()
    ]
    return table(["promise", "tried", "held", "seconds"], rows)


def _speed(a_second: float) -> str:
    return f"{a_second:,.0f}" if a_second >= 100 else f"{a_second:.2f}"


SERVICE_TABLES: dict[str, Callable[[], str]] = {
    "load": load_table,
    "load_ratio": load_ratio_table,
    "load_batch": load_batch_table,
    "soak": soak_table,
    "drain": drain_table,
    "fuzz": fuzz_table,
    "image": image_table,
    "loop": loop_table,
    "console": console_table,
    "before_after": before_after_table,
    "proof": proof_table,
}
