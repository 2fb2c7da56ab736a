"""How often the worker beside the service was started anew, told by its supervisor to every process."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from textcnn.service.process.supervision import TROUBLE_SECONDS

STATE: Final = "TEXTCNN_WORKER_STATE"
"""The variable that names the file where the supervisor counts; processes that it starts inherit it."""


def count_worker_restart() -> None:
    """Count one more. A file that cannot be written must not end the supervisor."""
    path = os.environ.get(STATE)
    if path:
        with suppress(OSError):
            Path(path).write_text(str(worker_restarts() + 1), encoding="ascii")


def worker_restarts() -> int:
    """How often the worker was started anew; 0 where none is supervised."""
    try:
        return int(Path(os.environ[STATE]).read_text(encoding="ascii"))
    except (KeyError, OSError, ValueError):
        return 0


def troubled_worker() -> list[str]:
    """The worker's name, where it ended by itself a moment ago."""
    try:
        age = time.time() - Path(os.environ[STATE]).stat().st_mtime
    except (KeyError, OSError):
        return []
    return ["worker"] if age < TROUBLE_SECONDS and worker_restarts() else []
