"""One attempt at training what was uploaded."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from textcnn.reading.layout import Layout
from textcnn.service.jobs.attempt import ChildJob
from textcnn.service.jobs.job_directory import UPLOADS, WORK
from textcnn.service.retraining.kept_corpora import write_rows
from textcnn.service.retraining.kept_feedback import Feedback

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.service.jobs.job import Job
    from textcnn.service.jobs.worker_options import WorkerOptions
    from textcnn.service.storage.database import Database

_FIGURES: Final = (
    "epoch",
    "step",
    "steps",
    "loss",
    "validation_loss",
    "validation_score",
    "texts_per_second",
)


class TrainingJob(ChildJob):
    """Runs `textcnn retrain` for a job."""

    def __init__(
        self, job: Job, database: Database, data_directory: Path, owner: str, options: WorkerOptions
    ) -> None:
        super().__init__(job, database, data_directory, owner, options)
        self._feedback = Feedback(database)
        self._progress: dict[str, Any] = {}
        self._training_began: float | None = None

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
        command += _layout_of(wish).to_options()
        if self._options.keep_days is not None:
            command += ["--keep-days", str(self._options.keep_days)]
        if wish.get("feedback"):
            command += ["--feedback", str(self._write_feedback())]
        return command

    def _tell(self, event: str, values: dict[str, Any]) -> None:
        if event in ("begin", "step", "epoch", "note"):
            self._update(event, values)
            data = values if event == "note" else {**values, **self._progress}
            self._jobs.tell(self._job.id, self._owner, event, data, self._progress)

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

    def _write_feedback(self) -> Path:
        """The stored feedback as it is at the first attempt; another one keeps to it."""
        path = self._directory / UPLOADS / "feedback.jsonl"
        if not path.is_file():
            path.parent.mkdir(exist_ok=True)
            write_rows(path.with_suffix(".tmp"), self._feedback.rows(str(self._job.model)))
            path.with_suffix(".tmp").replace(path)
        return path


def _layout_of(wish: dict[str, Any]) -> Layout:
    """The layout of the files; earlier releases stored it as the fields of the form, the header apart."""
    stored = wish.get("layout") or {}
    if "text_columns" in stored:
        return Layout.from_json(stored)
    return Layout.from_fields({**stored, "header": wish.get("header")})
