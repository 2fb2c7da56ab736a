"""A worker claims jobs, runs each in a child that steps back, and writes down the outcome.

Without PyTorch it labels files and leaves trainings to others.

The worker itself holds nothing that could be lost. Killed at any moment, its child ends with it, its lease
runs out, and whichever worker comes next goes on from what the child left in the job's directory.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import time
import traceback
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from textcnn.errors import TextCNNError
from textcnn.service.jobs.cleanup import sweep
from textcnn.service.jobs.kinds import ATTEMPTS, kinds_without_pytorch
from textcnn.service.jobs.queue import JobQueue
from textcnn.service.jobs.worker_options import WorkerOptions
from textcnn.service.logs import Trouble
from textcnn.service.service_errors import DISK_ERRORS, StorageError

if TYPE_CHECKING:
    import threading

    from textcnn.service.jobs.job import Job
    from textcnn.service.storage.database import Database

log = logging.getLogger(__name__)

POLL_SECONDS: Final = 0.5
"""Seconds between two looks at the queue while nothing runs."""
SWEEP_SECONDS: Final = 3600.0
"""Seconds between two cleanups."""
LONGEST_PAUSE: Final = 30.0
"""The most seconds between two attempts to reach a database that is gone."""


def can_train() -> bool:
    """Whether a worker here can train: PyTorch is installed."""
    return find_spec("torch") is not None


def _way(error: Exception) -> str:
    """The way in which an attempt failed: the kind of the error and its place, without what it says."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"


class Worker:
    """A worker, which works on one job at a time."""

    def __init__(
        self, database: Database, data_directory: Path, options: WorkerOptions | None = None
    ) -> None:
        self._jobs = JobQueue(database)
        self._database = database
        self._data_directory = data_directory.absolute()
        self._options = options or WorkerOptions()
        self._kinds = None if can_train() else kinds_without_pytorch()
        self._trouble = Trouble(log, "the worker waits for the disk or the database")
        self.name = f"{socket.gethostname()[:30]}-{os.getpid()}-{secrets.token_hex(4)}"

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; a job under way is then given back, for another worker to go on with."""
        pause, next_sweep = POLL_SECONDS, 0.0
        while not stop.is_set():
            try:
                if time.monotonic() >= next_sweep:
                    sweep(self._database, self._data_directory, keep_days=self._options.keep_days)
                    next_sweep = time.monotonic() + SWEEP_SECONDS
                worked = self.work_once(stop)
                pause = POLL_SECONDS
            except (StorageError, OSError) as error:
                # The disk or the database is full or gone: it comes back without us, and jobs wait in it.
                self._trouble.met(error)
                worked, pause = False, min(2 * pause, LONGEST_PAUSE)
            if not worked:
                stop.wait(pause)

    def work_once(self, stop: threading.Event) -> bool:
        """Claim a job and carry it out; False where none waits."""
        job = self._jobs.claim(self.name, self._options.lease_seconds, kinds=self._kinds)
        self._trouble.over()
        if job is None:
            return False
        try:
            self._work(job, stop)
        except StorageError:
            raise  # its lease runs out, and it is taken up again
        except TextCNNError as error:
            self._jobs.finish(job.id, self.name, "failed", error=error.message)
        except Exception as error:
            if isinstance(error, OSError) and error.errno in DISK_ERRORS:
                raise
            log.exception("an attempt at the job %s failed", job.id)
            self._jobs.stumble(job.id, self.name, _way(error))
        return True

    def _work(self, job: Job, stop: threading.Event) -> None:
        attempt_class = ATTEMPTS.get(job.kind)
        if attempt_class is None:
            sentence = f"This worker does no jobs of the kind '{job.kind}', but {', '.join(ATTEMPTS)}."
            self._jobs.finish(job.id, self.name, "failed", error=sentence)
            return
        attempt = attempt_class(job, self._database, self._data_directory, self.name, self._options)
        with attempt:
            next_beat = time.monotonic()
            while not attempt.ended():
                attempt.pass_on()
                if time.monotonic() >= next_beat:
                    next_beat = time.monotonic() + min(1.0, self._options.lease_seconds / 3)
                    if not attempt.beat():
                        return
                if stop.is_set():
                    attempt.give_back()
                    return
            attempt.conclude()
