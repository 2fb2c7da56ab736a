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
"""The files that a child needs to go on where another one ended; removed when the job ends."""


def job_directory(data_directory: Path, job: str) -> Path:
    """The directory of a job."""
    return data_directory / "jobs" / job


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
