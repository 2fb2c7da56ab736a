"""Processes that others start."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import select
import signal
import subprocess
import sys
import threading
import time
from multiprocessing import connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_SET_PARENT_DEATH_SIGNAL: Final = 1  # PR_SET_PDEATHSIG of <linux/prctl.h>


def start_python(module: str, *arguments: object, **options: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401
    """Start a module of ours as a process: the same code as here, wherever that was found.

    It finds nothing in the working directory, and Ctrl-C is for the parent, which ends it. `options` go to
    `Popen`.
    """
    paths = [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(  # noqa: S603  # our own command
        [sys.executable, "-P", "-m", module, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        process_group=0,
        **options,
    )


def end_with_parent(parent: int, number: int = signal.SIGKILL) -> None:
    """End this process if its parent, of this number, has ended; on Linux also when it ends, even killed.

    The parent tells its number: asked for later, it may be that of whoever took over the orphan. The signal
    comes when the thread ends that started this process, and stays set when this becomes another command.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, number)
    if os.getppid() != parent:  # it ended before the system was told
        sys.exit(1)


def end_with_pool() -> None:
    """End this process of a pool as soon as the process that made the pool has ended, even killed.

    That need not be its parent: a fork server is. And the queue that it waits at never ends, since all
    processes of the pool hold its writing end. So a thread waits for a pipe that only the maker holds open.
    """
    maker = multiprocessing.parent_process()
    if maker is not None:
        threading.Thread(target=_end_after, args=(maker.sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)


def end_without_beats(seconds: float, last_words: Callable[[], None]) -> None:
    """End this process, and those that it started, when its parent writes nothing to its input for so long.

    So ends a process whose parent is stopped, and not only one whose parent has ended. `last_words` are said
    before, where anybody listens still.
    """
    threading.Thread(target=_await_beats, args=(seconds, last_words), daemon=True).start()


def _await_beats(seconds: float, last_words: Callable[[], None]) -> None:
    while select.select([0], [], [], seconds)[0] and os.read(0, 4096):
        pass
    threading.Thread(target=last_words, daemon=True).start()  # a full pipe must not hold this one
    time.sleep(0.2)
    end_group()


def end_group(leader: int | None = None) -> None:
    """Kill a process that leads a group, and those that it started; this one where none is named."""
    number = os.getpid() if leader is None else leader
    try:
        os.killpg(number, signal.SIGKILL)
    except ProcessLookupError:  # it has ended, or leads no group
        if leader is None:
            os._exit(1)
