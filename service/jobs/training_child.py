"""Train for a job, in a process of its own: `training_child JOB/work/task.json`.

It tells its progress as JSON lines, as `textcnn retrain --json` does, and goes on with an interrupted run.
"""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textcnn.errors import TextCNNError
from textcnn.processes import end_without_beats
from textcnn.service.form_words import in_form_words
from textcnn.service.jobs.training_task import DATABASE, TrainingTask
from textcnn.service.retraining.retrain import Retraining
from textcnn.service.retraining.retrain_request import RetrainRequest
from textcnn.service.settings import Settings
from textcnn.service.versions.repository import Repository
from textcnn.service.versions.trial import Trial

if TYPE_CHECKING:
    from textcnn.service.retraining.retrain import RetrainingOutcome


def main() -> None:
    """Carry out the task of the file that the argument names."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    task = TrainingTask.read(Path(sys.argv[1]))
    end_without_beats(task.patience, lambda: _tell("left", {}))
    try:
        outcome = _retrain(task)
    except TextCNNError as error:
        _tell("error", {"code": error.code, "error": error.message})
        sys.exit(2)
    values = outcome.to_dict()
    for report in values["report"]:
        report["warnings"] = [in_form_words(warning) for warning in report["warnings"]]
        for finding in report["findings"]:
            finding["message"] = in_form_words(finding["message"])
    _tell("outcome", values)


def _retrain(task: TrainingTask) -> RetrainingOutcome:
    return Retraining(
        Repository.at(Path(task.data_directory), os.environ.get(DATABASE)),
        task.model,
        RetrainRequest.from_json(task.request),
        Path(task.work),
        tell=_tell,
        feedback=None if task.feedback is None else Path(task.feedback),
        keep_days=task.keep_days,
        trial=Trial.of(Settings.of(), is_sent=False),
    ).run()


def _tell(event: str, values: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps({"event": event, **values}, ensure_ascii=False) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
