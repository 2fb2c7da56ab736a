"""A file that is labelled as a job has the limits that a file over HTTP has: the worst costs its own job."""

from __future__ import annotations

import random
import sys
import threading
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING

import pytest

from textcnn.errors import TextCNNError
from textcnn.reading.layout import Layout
from textcnn.service.jobs.job_directory import UPLOADS, job_directory
from textcnn.service.jobs.queue import JobQueue
from textcnn.service.jobs.worker import Worker
from textcnn.service.jobs.worker_options import WorkerOptions
from textcnn.service.labelling.file_limits import within_limits
from textcnn.service.labelling.file_messages import FileFailed
from textcnn.service.storage.database import Database
from textcnn.service.versions.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.service.jobs.job import Job


def label(data: Path, model_dir: Path, content: str, options: WorkerOptions) -> Job:
    """The end of a job that labels such a file."""
    version = Repository(data).add("tiny", model_dir).version
    database = Database.in_directory(data)
    jobs, job = JobQueue(database), f"job{random.randrange(10**9):09d}"
    uploads = job_directory(data, job) / UPLOADS
    uploads.mkdir(parents=True)
    (uploads / "file.csv").write_text(content, encoding="utf-8")
    request = {"file": "file.csv", "version": version, "layout": Layout().to_json(), "options": {}}
    jobs.create("file", request, model="tiny", job_id=job)
    try:
        assert Worker(database, data, options).work_once(threading.Event())
        return jobs.get(job)
    finally:
        database.close()


LARGE = "text,n\n" + "a" * 20_000_000 + ",1\n"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such limit")
def test_memory_that_a_file_asks_for_is_limited(tmp_path: Path, model_dir: Path) -> None:
    job = label(tmp_path / "data", model_dir, LARGE, WorkerOptions(file_memory_bytes=20_000_000))
    assert (job.state, job.error) == (
        "refused",
        "The file needs more than 20 MB of memory to be labelled. Send it in several parts.",
    )


def test_a_usual_file_fits(tmp_path: Path, model_dir: Path) -> None:
    job = label(tmp_path / "data", model_dir, "text\n" + "a good film\n" * 30_000, WorkerOptions())
    assert (job.state, (job.report or {})["rows"]) == ("done", 30_000), job


def test_a_file_that_takes_too_long_is_ended(tmp_path: Path, model_dir: Path) -> None:
    job = label(tmp_path / "data", model_dir, LARGE, WorkerOptions(longest_seconds=0.0, lease_seconds=0.3))
    assert job.state == "failed"
    assert "took longer than 0 seconds" in str(job.error)


def test_a_bug_that_a_file_meets_tells_its_place_and_no_value() -> None:
    def work() -> None:
        raise ValueError("a text of somebody's")

    failed = within_limits(work, source="/secret/a.csv", memory_bytes=10**9)
    assert isinstance(failed, FileFailed)
    assert "somebody" not in failed.sentence + failed.trace
    assert failed.trace.startswith("ValueError at ")


def test_a_process_of_a_file_that_died_is_told_without_an_option_of_the_command_line() -> None:
    def work() -> None:
        try:
            raise BrokenProcessPool
        except BrokenProcessPool as error:
            raise TextCNNError("A process died: say --resume to go on.") from error

    failed = within_limits(work, source="/secret/a.csv", memory_bytes=10**9)
    assert isinstance(failed, FileFailed)
    assert failed.code == "invalid_corpus"
    assert "--" not in failed.sentence
