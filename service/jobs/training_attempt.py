"""One attempt at training on uploaded rows."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from textcnn.service.form_words import in_form_words
from textcnn.service.jobs.attempt import Attempt
from textcnn.service.jobs.job_directory import UPLOADS
from textcnn.service.jobs.training_task import TrainingTask
from textcnn.service.local_paths import hide_paths
from textcnn.service.retraining.kept_corpora import write_rows
from textcnn.service.retraining.kept_feedback import Feedback
from textcnn.service.retraining.retrain_request import RetrainRequest

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


class TrainingAttempt(Attempt):
    """Run `textcnn.service.jobs.training_child` for a job."""

    kind = "train"
    needs_pytorch = True

    def __init__(
        self, job: Job, database: Database, data_directory: Path, owner: str, options: WorkerOptions
    ) -> None:
        super().__init__(job, database, data_directory, owner, options)
        self._feedback = Feedback(database)
        self._progress: dict[str, Any] = {}
        self._training_began: float | None = None

    def _command(self) -> list[str]:
        request = RetrainRequest.from_json(self._job.request)
        uploads, work = self._directory / UPLOADS, self._work
        files = tuple(str(uploads / name) for name in request.files)
        task = TrainingTask(
            model=str(self._job.model),
            data_directory=str(self._data_directory),
            work=str(work),
            feedback=str(self._write_feedback()) if request.feedback else None,
            keep_days=self._options.keep_days,
            request=replace(request, files=files).to_json(),
            patience=self._options.child_patience,
        )
        task.write(work / "task.json")
        return [sys.executable, "-m", "textcnn.service.jobs.training_child", str(work / "task.json")]

    def _tell(self, event: str, values: dict[str, Any]) -> None:
        if event in ("begin", "step", "epoch", "note"):
            if event == "note":
                values = {**values, "text": in_form_words(hide_paths(str(values.get("text", ""))))}
            self._update(event, values)
            data = values if event == "note" else {**values, **self._progress}
            self._jobs.tell(self._job.id, self._owner, event, data, self._progress)

    def _update(self, event: str, values: dict[str, Any]) -> None:
        """Update the progress, with the seconds that are left at this pace up to the last epoch."""
        if event == "begin":
            self._training_began = time.monotonic()
            self._progress["epochs"] = values["epochs"]
        self._progress |= {key: values[key] for key in _FIGURES if key in values}
        epochs_done = float(values.get("epoch", 0))
        if event == "step":
            epochs_done += values["step"] / values["steps"] - 1
        if self._training_began is not None and epochs_done > 0:
            ratio_left = (self._progress["epochs"] - epochs_done) / epochs_done
            self._progress["seconds_left"] = round(ratio_left * (time.monotonic() - self._training_began), 1)

    def _write_feedback(self) -> Path:
        """Write the stored feedback to a file at the first attempt; later attempts use the same file."""
        path = self._directory / UPLOADS / "feedback.jsonl"
        if not path.is_file():
            path.parent.mkdir(exist_ok=True)
            write_rows(path.with_suffix(".tmp"), self._feedback.rows(str(self._job.model)))
            path.with_suffix(".tmp").replace(path)
        return path
