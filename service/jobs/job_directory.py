"""The directories of jobs, with their uploads, logs and work."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from textcnn.service.service_errors import StorageError
from textcnn.service.storage import durable_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOG: Final = "log.txt"
UPLOADS: Final = "uploads"
WORK: Final = "work"
"""The files that a child needs to go on where another one ended; removed when the job ends. Each attempt
has them under its own number, `work-3`."""


def job_directory(data_directory: Path, job: str) -> Path:
    """The directory of a job."""
    return data_directory / "jobs" / job


def take_over(directory: Path, fence: int) -> Path:
    """The directory of an attempt to work in, with what an earlier attempt left.

    It has another name then. So a process of the earlier attempt, which may be stopped and go on at any time,
    finds nothing to write to, and what it has locked is no lock any more.
    """
    work = directory / f"{WORK}-{fence}"
    left = sorted(directory.glob(f"{WORK}*"), key=_number)
    if left:
        left[-1].rename(work)
        for lock in work.rglob("lock"):
            lock.unlink()
    work.mkdir(parents=True, exist_ok=True)
    return work


def remove_work(directory: Path) -> None:
    """Remove the files of all attempts at a job."""
    for work in directory.glob(f"{WORK}*"):
        shutil.rmtree(work, ignore_errors=True)


def _number(work: Path) -> int:
    return int(work.name.rpartition("-")[2]) if "-" in work.name else 0  # earlier releases had no numbers


@contextmanager
def new_job_directory(data_directory: Path, job: str) -> Iterator[Path]:
    """Make the directory of a job that is being queued, to be filled; an error meanwhile removes it.

    Raises:
        StorageError: it cannot be written.
    """
    directory = job_directory(data_directory, job)
    try:
        directory.mkdir(parents=True)
        durable_files.sync_directory(directory.parent)
        yield directory
    except OSError as error:
        shutil.rmtree(directory, ignore_errors=True)
        raise StorageError(f"The upload cannot be stored: {error.strerror}.") from error
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
