"""One attempt at one job: the child process, and its records in the database."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textcnn.processes import end_group
from textcnn.service.jobs.job_directory import LOG, job_directory, remove_work, take_over
from textcnn.service.jobs.queue import JobQueue
from textcnn.service.jobs.training_task import DATABASE
from textcnn.service.local_paths import hide_paths
from textcnn.service.process import limited_child
from textcnn.service.service_errors import StorageError

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self, TextIO

    from textcnn.service.jobs.job import Job
    from textcnn.service.jobs.worker_options import WorkerOptions
    from textcnn.service.storage.database import Database

_WAIT_SECONDS: Final = 0.2
_LAST_SECONDS: Final = 5.0
"""Seconds in which the output of a child that was ended has to end too."""
_SHORT_STEP: Final = "promoting"
"""A step that is not interrupted by hand: it takes a moment, and then the job is done."""


class Attempt(ABC):
    """Run a command for a job, in a `with` block: when that ends, so has the child.

    The child tells what happens by JSON lines with an `event`; all its output goes into the job's log. It
    gets a line whenever its worker has extended the lease, and ends itself when these stay away.
    """

    kind: ClassVar[str]
    """The name of such jobs in the queue."""
    needs_pytorch: ClassVar[bool] = False
    """A worker without PyTorch leaves such jobs to others."""
    environment: ClassVar[dict[str, str]] = {}
    """Variables that the child has besides the worker's."""

    def __init__(
        self, job: Job, database: Database, data_directory: Path, owner: str, options: WorkerOptions
    ) -> None:
        self._job, self._owner, self._options = job, owner, options
        self._jobs = JobQueue(database)
        self._data_directory = data_directory
        self._directory = job_directory(data_directory, job.id)
        self._work = self._directory
        """That of the attempt, once it has begun."""
        self._database_url = database.url
        self._held_until = time.monotonic() + options.lease_seconds
        self._is_left = False
        self._lines: queue.Queue[str] = queue.Queue()
        self._state = job.state
        self._outcome: dict[str, Any] | None = None
        self._error: dict[str, str] | None = None
        self._last_words = ""
        self._started = time.monotonic()

    def __enter__(self) -> Self:
        self._work = take_over(self._directory, self._job.fence)
        command = limited_child.command(self._command(), self._options.limits)
        self._log = (self._directory / LOG).open("a", encoding="utf-8", errors="backslashreplace")
        self._process = subprocess.Popen(  # noqa: S603  # our own command
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, **self.environment, DATABASE: self._database_url},
            start_new_session=True,  # so that those which it starts end with it
        )
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._kill()
        self._reader.join(_LAST_SECONDS)  # unless somebody else holds its output
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None and not self._reader.is_alive():
                with suppress(BrokenPipeError):
                    stream.close()
        self._log.close()

    def _kill(self) -> None:
        """End the child, and all that it started."""
        end_group(self._process.pid)
        self._process.wait()

    def ended(self) -> bool:
        """Whether the child has ended and all its output was passed on."""
        return self._process.poll() is not None and not self._reader.is_alive() and self._lines.empty()

    def pass_on(self) -> None:
        """Write down a line of the child's output, or wait a moment for one."""
        try:
            line = self._lines.get(timeout=_WAIT_SECONDS)
        except queue.Empty:
            return
        self._log.write(hide_paths(line))
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
        try:
            hold = self._jobs.beat(self._job.id, self._owner, self._options.lease_seconds)
        except StorageError:
            # The lease lasts a while yet, and so the child does; perhaps the database does too.
            if time.monotonic() > self._held_until:
                raise
            return True
        if hold == "lost":
            return False
        if self._is_left:  # this worker was stopped for a while
            self._jobs.release(self._job.id, self._owner, counts=True)
            return False
        self._held_until = time.monotonic() + self._options.lease_seconds
        self._pass_beat()
        if hold == "cancelled" and self._state != _SHORT_STEP:
            self._end("cancelled")
            return False
        if time.monotonic() - self._started > self._options.longest_seconds:
            self._end("failed", error=f"It took longer than {self._options.longest_seconds:.0f} seconds.")
            return False
        return True

    def _pass_beat(self) -> None:
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.write("\n")
                self._process.stdin.flush()

    def give_back(self) -> None:
        """Let another worker go on with the job."""
        self._kill()
        self._jobs.release(self._job.id, self._owner)

    def conclude(self) -> None:
        """Write down how the job ended."""
        if self._is_left:
            self._jobs.release(self._job.id, self._owner, counts=True)
        elif self._outcome is not None:
            self._deliver()
            self._end(str(self._outcome["state"]), report=self._outcome)
        elif self._error is not None:
            refused = self._error["code"] == "invalid_corpus"
            self._end("refused" if refused else "failed", error=self._error["error"])
        else:
            self._end("failed", error=self._why())

    def _end(self, state: str, *, report: dict[str, Any] | None = None, error: str | None = None) -> None:
        self._kill()
        if self._jobs.finish(self._job.id, self._owner, state, report=report, error=error):
            remove_work(self._directory)

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
        elif event == "left":
            self._is_left = True
        elif event == "state":
            if values["state"] != self._state:
                self._state = values["state"]
                self._jobs.move(self._job.id, self._owner, self._state)
        else:
            self._tell(event, values)

    def _read(self, stream: TextIO | None) -> None:
        for line in stream or ():
            self._lines.put(line)

    def _deliver(self) -> None:  # noqa: B027  # not every kind has something
        """Put in place what the child made, before the job is done."""

    @abstractmethod
    def _command(self) -> list[str]:
        """The command line of the child."""

    @abstractmethod
    def _tell(self, event: str, values: dict[str, Any]) -> None:
        """Write down an event of the child's progress."""
