"""Remove what has expired: kept rows, feedback, answers, ended jobs with their uploads, left-overs."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

from textcnn.service.jobs.job_directory import job_directory
from textcnn.service.jobs.queue import JobQueue
from textcnn.service.retraining.kept_answers import Answers
from textcnn.service.retraining.kept_corpora import Corpora
from textcnn.service.retraining.kept_feedback import Feedback
from textcnn.service.storage.expiring_table import DAY
from textcnn.service.versions.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.service.storage.database import Database


def sweep(database: Database, data_directory: Path, *, keep_days: int | None) -> None:
    """Clean up once; with `keep_days`, remove jobs that ended so many days ago, and their uploads."""
    Feedback(database).sweep()
    Answers(database).sweep()
    repository = Repository(data_directory, lambda: database)
    for name in repository.names():
        home = repository.home(name)
        if home.path.is_dir():
            Corpora(home).sweep()
            home.sweep()
    if keep_days is None:
        return
    jobs = JobQueue(database)
    for job in jobs.ended_before(time.time() - keep_days * DAY):
        jobs.remove(job.id)
        shutil.rmtree(job_directory(data_directory, job.id), ignore_errors=True)
