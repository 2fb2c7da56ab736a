"""The worker that `textcnn serve` starts beside itself."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from service.settings import Settings

log = logging.getLogger(__name__)

PAUSE_SECONDS: Final = 5.0
"""Before a worker that ended by itself is started anew."""
GRACE_SECONDS: Final = 10.0


class WorkerProcess:
    """Runs `textcnn worker` in a `with` block, where PyTorch is installed and the settings want one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def missing(self) -> str | None:
        """Why no worker runs here, where none does: jobs wait for one elsewhere."""
        if not self._settings.worker:
            return "the settings switch it off"
        return None if find_spec("torch") else "PyTorch is not installed"

    def __enter__(self) -> Self:
        if self.missing is None:
            self._thread = threading.Thread(target=self._watch, name="worker", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        while not self._stop.is_set():
            with subprocess.Popen(self._command(), stdin=subprocess.DEVNULL) as process:  # noqa: S603  # our own
                while process.poll() is None and not self._stop.wait(0.2):
                    pass
                _end(process)
            if not self._stop.is_set():
                log.error("the worker ended with exit code %s; another one is started", process.returncode)
                self._stop.wait(PAUSE_SECONDS)

    def _command(self) -> list[str]:
        settings = self._settings
        command = [sys.executable, "-m", "textcnn", "worker", "--with-parent"]
        command += ["--data-dir", str(settings.data_dir), "--seconds", str(settings.worker_seconds)]
        if settings.worker_memory_mb is not None:
            command += ["--memory", str(settings.worker_memory_mb)]
        if settings.keep_days is not None:
            command += ["--keep-days", str(settings.keep_days)]
        return command


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
