"""Start a command that steps back behind the service: `limited_child '{"nice": 10}' COMMAND...`.

It applies the limits to itself and then becomes the command, so it leaves no process of its own. The command
ends with the process that started it, killed or not, so no training goes on that nobody waits for.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from dataclasses import asdict, dataclass

from textcnn.processes import end_with_parent


@dataclass(frozen=True)
class ChildLimits:
    """The part of the machine that a job may take."""

    nice: int = 10
    """Its niceness, from 0 to 19: how far it steps back for the service."""
    memory_bytes: int | None = None
    """Bytes that it may have in memory, without mapped files; None for no limit."""
    death_signal: int = signal.SIGKILL
    """The signal that it gets when the process that started it ends."""


def command(arguments: list[str], limits: ChildLimits) -> list[str]:
    """The command line that runs a command under limits, and no longer than the process that asks for it."""
    encoded = json.dumps({**asdict(limits), "parent": os.getpid()})
    return [sys.executable, "-m", "textcnn.service.process.limited_child", encoded, *arguments]


def main() -> None:
    """Apply the limits, and become the command."""
    limits = json.loads(sys.argv[1])
    end_with_parent(limits["parent"], limits["death_signal"])
    os.nice(limits["nice"])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if limits["memory_bytes"]:
        _limit_memory(limits["memory_bytes"])
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606  # the service's own command


def _limit_memory(size: int) -> None:
    """Limit this process, and at most to what its parent is limited to: only root may have more."""
    most = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (size if most < 0 else min(size, most),) * 2)


if __name__ == "__main__":
    main()
