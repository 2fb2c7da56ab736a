"""Expired rows and files are removed, and nothing else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from textcnn.reading.rows import Row
from textcnn.service.jobs.cleanup import sweep
from textcnn.service.jobs.job_directory import job_directory
from textcnn.service.jobs.queue import JobQueue
from textcnn.service.retraining.kept_corpora import Corpora, write_rows
from textcnn.service.retraining.kept_feedback import Feedback
from textcnn.service.storage.database import Database
from textcnn.service.storage.expiring_table import DAY
from textcnn.service.versions.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path


def test_what_has_expired_goes_and_nothing_else(tmp_path: Path, model_dir: Path) -> None:
    data = tmp_path / "data"
    repository, database = Repository(data), Database.in_directory(data)
    repository.promote("tiny", repository.add("tiny", model_dir).version)
    corpora = Corpora(repository.home("tiny"))
    for name, days in (("old", 0), ("new", 1)):
        write_rows(tmp_path / name, [Row(1, name, ("a",), "f")])
        corpora.keep(tmp_path / name, days=days)
    long_ago = JobQueue(database, clock=lambda: time.time() - 3 * DAY)
    ended, waiting = long_ago.create("train", {}).id, long_ago.create("train", {}).id
    long_ago.cancel(ended)
    Feedback(database, days=1, clock=lambda: time.time() - 3 * DAY).add("tiny", "old", ["a"])
    Feedback(database).add("tiny", "new", ["a"])
    for job in (ended, waiting):
        job_directory(data, job).mkdir(parents=True)
    sweep(database, data, keep_days=2)
    assert [corpus.expires_at is not None for corpus in corpora.all()] == [True]
    assert [remark.text for remark in Feedback(database).find()] == ["new"]
    assert [job.id for job in JobQueue(database).find()] == [waiting]
    assert [path.name for path in (data / "jobs").iterdir()] == [waiting]
    assert repository.live("tiny") is not None
    database.close()
