"""A limit of what a process takes in memory beyond what it holds already."""

from __future__ import annotations

import resource
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def limit_data(more: int) -> Iterator[None]:
    """Let this process take so many bytes more within the block; beyond, `MemoryError`, or its end.

    Linux counts all private memory against this limit, mapped files left aside. Other systems count less or
    nothing, so there the process has to be watched from outside.
    """
    held = _data_bytes()
    if held is None:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = held + more
    resource.setrlimit(resource.RLIMIT_DATA, (limit if hard < 0 else min(limit, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def resident_bytes_of(pid: int) -> int:
    """Memory of another process of ours, as the system's `ps` tells; 0 where it does not."""
    command = ["ps", "-o", "rss=", "-p", str(pid)]
    try:
        told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=5).stdout  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return 0
    return int(told) * 1024 if told.strip().isdigit() else 0


def _data_bytes() -> int | None:
    """The bytes that count against the limit now; None where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData:")), None)
