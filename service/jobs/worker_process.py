"""The worker that `textcnn serve` starts beside itself."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
from typing import TYPE_CHECKING, Final

from textcnn.service.jobs.worker import can_train
from textcnn.service.process import limited_child
from textcnn.service.process.restarts import STATE, count_worker_restart

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from textcnn.service.settings import Settings

log = logging.getLogger(__name__)

PAUSE_SECONDS: Final = 5.0
"""Seconds before a worker that ended by itself is started again."""
GRACE_SECONDS: Final = 10.0
_LIMITS: Final = limited_child.ChildLimits(nice=0, death_signal=signal.SIGTERM)
"""Of the worker itself, which gives its job back when the service ends, however that does."""


class WorkerProcess:
    """Run `textcnn worker` in a `with` block, where the settings want one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def notice(self) -> str | None:
        """A sentence on the jobs that wait for a worker elsewhere, and why; None where all are done here."""
        if not self._settings.worker:
            return "Trainings and large files wait for a worker elsewhere: the settings switch it off here."
        if not can_train():
            return "Trainings wait for a worker elsewhere: PyTorch is not installed here."
        return None

    def __enter__(self) -> Self:
        if self._settings.worker:
            self._state = tempfile.NamedTemporaryFile(prefix="textcnn-worker-")  # closed at the end
            os.environ[STATE] = self._state.name
            self._thread = threading.Thread(target=self._watch, name="worker", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            del os.environ[STATE]
            self._state.close()

    def _watch(self) -> None:
        while not self._stop.is_set():
            try:
                how = f"ended with exit code {self._run_once()}"
            except OSError as error:  # no process, or no memory for one, at this moment
                how = f"cannot be started ({error.strerror})"
            if not self._stop.is_set():
                log.error("the worker %s; another one is started", how)
                count_worker_restart()
                self._stop.wait(PAUSE_SECONDS)

    def _run_once(self) -> int:
        """Run a worker until it ends or is to end; its exit code."""
        with subprocess.Popen(self._command(), stdin=subprocess.DEVNULL) as process:  # noqa: S603  # our own
            while process.poll() is None and not self._stop.wait(0.2):
                pass
            _end(process)
        return int(process.returncode)

    def _command(self) -> list[str]:
        settings = self._settings
        command = [sys.executable, "-m", "textcnn", "worker", "--parent", str(os.getpid())]
        command += ["--data-dir", str(settings.data_dir), "--seconds", str(settings.worker_seconds)]
        command += ["--file-memory", str(settings.file_memory_mb)]
        if settings.worker_memory_mb is not None:
            command += ["--memory", str(settings.worker_memory_mb)]
        if settings.keep_days is not None:
            command += ["--keep-days", str(settings.keep_days)]
        return limited_child.command(command, _LIMITS)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
