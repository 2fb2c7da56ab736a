"""One attempt at one training job: the child process, and what is written of it in the database."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from service.jobs import child
from service.jobs.jobs import Jobs
from service.retraining.corpora import write_rows
from service.retraining.feedback import Feedback
from service.storage import durable
from textcnn.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import Self, TextIO

    from service.jobs.job import Job
    from service.jobs.worker import WorkerOptions
    from service.storage.database import Database

LOG: Final = "log.txt"
UPLOADS: Final = "uploads"
WORK: Final = "work"
_WAIT_SECONDS: Final = 0.2
_SHORT_STEP: Final = "promoting"
"""A step that is not interrupted by hand: it takes a moment, and then the job is done."""
_FIGURES: Final = (
    "epoch",
    "step",
    "steps",
    "loss",
    "validation_loss",
    "validation_score",
    "texts_per_second",
)


def job_directory(data_directory: Path, job: str) -> Path:
    """Where a job's uploads, its log and its work lie."""
    return data_directory / "jobs" / job


@contextmanager
def new_job_directory(data_directory: Path, job: str) -> Iterator[Path]:
    """The directory of a job that is being queued, to be filled; what goes wrong meanwhile removes it.

    Raises:
        StorageError: it cannot be written.
    """
    directory = job_directory(data_directory, job)
    try:
        directory.mkdir(parents=True)
        durable.sync_directory(directory.parent)
        yield directory
    except OSError as error:
        shutil.rmtree(directory, ignore_errors=True)
        raise StorageError(f"The upload cannot be stored: {error.strerror}.") from error
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise


class TrainingJob:
    """Runs `textcnn retrain` for a job, in a `with` block: when that ends, so has the child."""

    def __init__(
        self, job: Job, database: Database, data_directory: Path, owner: str, options: WorkerOptions
    ) -> None:
        self._job, self._owner, self._options = job, owner, options
        self._jobs = Jobs(database)
        self._feedback = Feedback(database)
        self._data_directory = data_directory
        self._directory = job_directory(data_directory, job.id)
        self._lines: queue.Queue[str] = queue.Queue()
        self._state = job.state
        self._progress: dict[str, Any] = {}
        self._outcome: dict[str, Any] | None = None
        self._error: dict[str, str] | None = None
        self._last_words = ""
        self._started = time.monotonic()
        self._training_began: float | None = None

    def __enter__(self) -> Self:
        (self._directory / WORK).mkdir(parents=True, exist_ok=True)
        self._log = (self._directory / LOG).open("a", encoding="utf-8", errors="backslashreplace")
        self._process = subprocess.Popen(  # noqa: S603  # our own command
            child.command(self._command(), self._options.limits),
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
        """Whether the child has ended and all that it said was passed on."""
        return self._process.poll() is not None and not self._reader.is_alive() and self._lines.empty()

    def pass_on(self) -> None:
        """Write down what the child says, and wait a moment for more."""
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
        """Let another worker go on with it."""
        self._process.kill()
        self._jobs.release(self._job.id, self._owner)

    def conclude(self) -> None:
        """Write how the job ended."""
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
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        words = f" Its last words: {self._last_words[:200]}" if self._last_words else ""
        return f"The training process {how}; the job's log tells more.{words}"

    def _take(self, event: str, values: dict[str, Any]) -> None:
        if event == "outcome":
            self._outcome = values
        elif event == "error":
            self._error = {"code": str(values["code"]), "error": str(values["error"])}
        elif event == "state":
            if values["state"] != self._state:
                self._state = values["state"]
                self._jobs.move(self._job.id, self._owner, self._state)
        elif event in ("begin", "step", "epoch", "note"):
            self._update(event, values)
            self._jobs.tell(self._job.id, self._owner, event, self._data(event, values), self._progress)

    def _data(self, event: str, values: dict[str, Any]) -> dict[str, Any]:
        return values if event == "note" else {**values, **self._progress}

    def _update(self, event: str, values: dict[str, Any]) -> None:
        """How far it is, and how long it will still take if it goes on at this pace to the last epoch."""
        if event == "begin":
            self._training_began = time.monotonic()
            self._progress["epochs"] = values["epochs"]
        self._progress |= {key: values[key] for key in _FIGURES if key in values}
        done = float(values.get("epoch", 0))
        if event == "step":
            done += values["step"] / values["steps"] - 1
        if self._training_began is not None and done > 0:
            left = (self._progress["epochs"] - done) / done
            self._progress["seconds_left"] = round(left * (time.monotonic() - self._training_began), 1)

    def _read(self, stream: TextIO | None) -> None:
        for line in stream or ():
            self._lines.put(line)

    def _command(self) -> list[str]:
        wish = self._job.wish
        files = [str(self._directory / UPLOADS / name) for name in wish["files"]]
        command = [sys.executable, "-m", "textcnn", "retrain", str(self._job.model), *files, "--json"]
        command += ["--work", str(self._directory / WORK), "--data-dir", str(self._data_directory)]
        for option in ("init", "promote", "data"):
            if wish.get(option):
                command += [f"--{option}", wish[option]]
        for key, value in (wish.get("recipe") or {}).items():
            command += ["--set", f"{key}={value if isinstance(value, str) else json.dumps(value)}"]
        for option, value in (wish.get("layout") or {}).items():
            command += [f"--{option.replace('_', '-')}", str(value)]
        if wish.get("header") is not None:
            command.append("--header" if wish["header"] else "--no-header")
        if self._options.keep_days is not None:
            command += ["--keep-days", str(self._options.keep_days)]
        if wish.get("feedback"):
            command += ["--feedback", str(self._write_feedback())]
        return command

    def _write_feedback(self) -> Path:
        """The stored feedback as it is at the first attempt; another one keeps to it."""
        path = self._directory / UPLOADS / "feedback.jsonl"
        if not path.is_file():
            path.parent.mkdir(exist_ok=True)
            write_rows(path.with_suffix(".tmp"), self._feedback.rows(str(self._job.model)))
            path.with_suffix(".tmp").replace(path)
        return path
