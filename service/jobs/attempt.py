"""One attempt at one job: the child process, and its records in the database."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import threading
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textcnn.service.jobs.job_directory import LOG, WORK, job_directory
from textcnn.service.jobs.queue import JobQueue
from textcnn.service.process import limited_child

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self, TextIO

    from textcnn.service.jobs.job import Job
    from textcnn.service.jobs.worker_options import WorkerOptions
    from textcnn.service.storage.database import Database

_WAIT_SECONDS: Final = 0.2
_SHORT_STEP: Final = "promoting"
"""A step that is not interrupted by hand: it takes a moment, and then the job is done."""


class Attempt(ABC):
    """Run a command for a job, in a `with` block: when that ends, so has the child.

    The child tells what happens by JSON lines with an `event`; all its output goes into the job's log.
    """

    kind: ClassVar[str]
    """The name of such jobs in the queue."""
    needs_pytorch: ClassVar[bool] = False
    """A worker without PyTorch leaves such jobs to others."""

    def __init__(
        self, job: Job, database: Database, data_directory: Path, owner: str, options: WorkerOptions
    ) -> None:
        self._job, self._owner, self._options = job, owner, options
        self._jobs = JobQueue(database)
        self._data_directory = data_directory
        self._directory = job_directory(data_directory, job.id)
        self._lines: queue.Queue[str] = queue.Queue()
        self._state = job.state
        self._outcome: dict[str, Any] | None = None
        self._error: dict[str, str] | None = None
        self._last_words = ""
        self._started = time.monotonic()

    def __enter__(self) -> Self:
        (self._directory / WORK).mkdir(parents=True, exist_ok=True)
        command = limited_child.command(self._command(), self._options.limits)
        self._log = (self._directory / LOG).open("a", encoding="utf-8", errors="backslashreplace")
        self._process = subprocess.Popen(  # noqa: S603  # our own command
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._log.close()

    def ended(self) -> bool:
        """Whether the child has ended and all its output was passed on."""
        return self._process.poll() is not None and not self._reader.is_alive() and self._lines.empty()

    def pass_on(self) -> None:
        """Write down a line of the child's output, or wait a moment for one."""
        try:
            line = self._lines.get(timeout=_WAIT_SECONDS)
        except queue.Empty:
            return
        self._log.write(line)
        self._log.flush()
        try:
            values = json.loads(line)
            event = str(values.pop("event"))
        except (ValueError, KeyError, AttributeError, TypeError):
            self._last_words = line.strip() or self._last_words
            return
        self._take(event, values)

    def beat(self) -> bool:
        """Give a sign of life; False when the job was cancelled, took too long or went to another worker."""
        hold = self._jobs.beat(self._job.id, self._owner, self._options.lease_seconds)
        if hold == "lost":
            return False
        if hold == "cancelled" and self._state != _SHORT_STEP:
            self._end("cancelled")
            return False
        if time.monotonic() - self._started > self._options.longest_seconds:
            self._end("failed", error=f"It took longer than {self._options.longest_seconds:.0f} seconds.")
            return False
        return True

    def give_back(self) -> None:
        """Let another worker go on with the job."""
        self._process.kill()
        self._jobs.release(self._job.id, self._owner)

    def conclude(self) -> None:
        """Write down how the job ended."""
        if self._outcome is not None:
            self._end(str(self._outcome["state"]), report=self._outcome)
        elif self._error is not None:
            refused = self._error["code"] == "invalid_corpus"
            self._end("refused" if refused else "failed", error=self._error["error"])
        else:
            self._end("failed", error=self._why())

    def _end(self, state: str, *, report: dict[str, Any] | None = None, error: str | None = None) -> None:
        self._process.kill()
        self._process.wait()
        if self._jobs.finish(self._job.id, self._owner, state, report=report, error=error):
            shutil.rmtree(self._directory / WORK, ignore_errors=True)

    def _why(self) -> str:
        code = self._process.returncode
        ending = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        last_words = f" Its last words: {self._last_words[:200]}" if self._last_words else ""
        return f"Its process {ending}; the job's log tells more.{last_words}"

    def _take(self, event: str, values: dict[str, Any]) -> None:
        if event == "outcome":
            self._outcome = values
        elif event == "error":
            self._error = {"code": str(values["code"]), "error": str(values["error"])}
        elif event == "state":
            if values["state"] != self._state:
                self._state = values["state"]
                self._jobs.move(self._job.id, self._owner, self._state)
        else:
            self._tell(event, values)

    def _read(self, stream: TextIO | None) -> None:
        for line in stream or ():
            self._lines.put(line)

    @abstractmethod
    def _command(self) -> list[str]:
        """The command line of the child."""

    @abstractmethod
    def _tell(self, event: str, values: dict[str, Any]) -> None:
        """Write down an event of the child's progress."""
