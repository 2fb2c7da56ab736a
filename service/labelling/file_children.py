"""The children that label files: started when they are needed, kept warm, replaced when they die."""

from __future__ import annotations

import logging
import os
import select
import subprocess
import sys
import time
import weakref
from threading import Lock
from typing import Final

import msgspec

from textcnn.errors import CorpusError
from textcnn.service.labelling import file_messages
from textcnn.service.labelling.file_limits import ENVIRONMENT
from textcnn.service.labelling.file_messages import LONGEST_ANSWER, Answer, FileReady, FileTask
from textcnn.service.process import limited_child
from textcnn.service.process.limited_child import ChildLimits
from textcnn.service.process.memory_limit import resident_bytes_of
from textcnn.service.service_errors import NotReadyError

log = logging.getLogger(__name__)

MOST_TASKS: Final = 1_000
"""After so many files a child gives way to a new one, with whatever a library may have left in it."""
START_SECONDS: Final = 60.0
_WATCHED: Final = sys.platform != "linux"
"""Whether a child's memory is looked at from outside, since the system's limit counts too little."""
_LOOK_SECONDS: Final = 0.2
_BLOCK: Final = 1 << 16
_COMMAND: Final = ["-m", "textcnn.service.labelling.file_child"]


class FileChild:
    """One process that labels files, one at a time. Killed from any thread, it answers no more."""

    def __init__(self) -> None:
        command = limited_child.command([sys.executable, *_COMMAND], ChildLimits(nice=0))
        try:
            self._process = subprocess.Popen(  # noqa: S603  # our own command
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # the log is for lines of JSON
                start_new_session=True,
                env={**os.environ, **ENVIRONMENT},
            )
        except OSError as error:
            raise NotReadyError(
                "No process can be started to read the file. Try again in a moment."
            ) from error
        self._finalizer = weakref.finalize(self, _end, self._process)
        self._buffer = b""
        self._ready = False
        self.tasks = 0

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def do(self, task: FileTask) -> Answer:
        """Have the child do a task, and wait for its outcome.

        Raises:
            NotReadyError: the child did not start.
            CorpusError: it died of the file, or said something else than an answer.
        """
        self._await_start()
        self.tasks += 1
        allowed = resident_bytes_of(self.pid) + task.memory_bytes if _WATCHED else None
        try:
            self._send(file_messages.encode(task) + b"\n")
            return file_messages.decode_answer(self._line(None, allowed))
        except (EOFError, OSError, msgspec.MsgspecError) as error:
            self.kill()
            raise CorpusError(
                "The file cannot be read: the process that tried to ended. Send it in several parts, or "
                "write it again."
            ) from error

    def kill(self) -> None:
        """End the process at once, and wait until it has."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End the process, and let go of the pipes; a child that nobody holds any more is closed as well."""
        self._finalizer()

    @property
    def lives(self) -> bool:
        """Whether it can take another task."""
        return self._process.poll() is None and self.tasks < MOST_TASKS

    @property
    def end(self) -> int | None:
        """Its exit code, negative for a signal; None while it lives."""
        return self._process.poll()

    def _await_start(self) -> None:
        if self._ready:
            return
        try:
            told = file_messages.decode_answer(self._line(START_SECONDS, None))
            self._ready = isinstance(told, FileReady)
        except (EOFError, OSError, msgspec.MsgspecError) as error:
            self.kill()
            message = "The process that reads files does not start. Try again in a moment."
            raise NotReadyError(message) from error

    def _stdin(self) -> int:
        assert self._process.stdin is not None  # noqa: S101  # it was asked for
        return self._process.stdin.fileno()

    def _send(self, line: bytes) -> None:
        while line:
            line = line[os.write(self._stdin(), line) :]

    def _line(self, seconds: float | None, allowed: int | None) -> bytes:
        """The next line; `allowed` is the memory that the process may have meanwhile.

        Raises:
            EOFError: it ended, took too long or too much, or its line is too long.
        """
        assert self._process.stdout is not None  # noqa: S101  # it was asked for
        stream = self._process.stdout.fileno()
        until = None if seconds is None else time.monotonic() + seconds
        while b"\n" not in self._buffer:
            if not select.select([stream], [], [], _LOOK_SECONDS)[0]:
                late = until is not None and time.monotonic() > until
                if late or (allowed is not None and resident_bytes_of(self.pid) > allowed):
                    raise EOFError
                continue
            block = os.read(stream, _BLOCK)
            self._buffer += block
            if not block or len(self._buffer) > LONGEST_ANSWER:
                raise EOFError
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            try:
                stream.close()
            except OSError:
                log.debug("a pipe to a child that ended was not empty")


class FileChildren:
    """The children of a service. Whoever takes one gives it back, dead or alive."""

    def __init__(self, most_idle: int) -> None:
        self._idle: list[FileChild] = []
        self._most_idle = most_idle
        self._lock = Lock()
        self._closed = False

    def take(self) -> FileChild:
        """A child that waits, or a new one.

        Raises:
            NotReadyError: none can be started.
        """
        while True:
            with self._lock:
                child = self._idle.pop() if self._idle else None
            if child is None:
                return FileChild()
            if child.lives:
                return child
            child.close()

    def give_back(self, child: FileChild) -> None:
        """Keep a child for the next file; one that is dead or has done enough is replaced at once."""
        if not child.lives:
            if child.end is not None:
                log.warning("a process that labels files ended with code %s; another one starts", child.end)
            child.close()
            if self._closed:
                return
            try:
                child = FileChild()
            except NotReadyError:
                return
        with self._lock:
            if not self._closed and len(self._idle) < self._most_idle:
                self._idle.append(child)
                return
        child.close()

    def close(self) -> None:
        """End all that wait, and keep none from now on."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for child in idle:
            child.close()
