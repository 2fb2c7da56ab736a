"""One attempt at labelling a large file."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from textcnn.service.jobs.attempt import Attempt
from textcnn.service.jobs.job_directory import UPLOADS, job_directory
from textcnn.service.versions.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path


class FileAttempt(Attempt):
    """Run `textcnn.service.jobs.labelling_child` for a job."""

    kind = "file"

    def _command(self) -> list[str]:
        request = self._job.request
        version = Repository(self._data_directory).version(str(self._job.model), request["version"])
        task = {
            "model": str(version.path),
            "source": str(self._directory / UPLOADS / request["file"]),
            "target": str(result_path(self._data_directory, self._job.id, request["file"])),
            "layout": request["layout"],
            "options": request["options"],
        }
        return [sys.executable, "-m", "textcnn.service.jobs.labelling_child", json.dumps(task)]

    def _tell(self, event: str, values: dict[str, Any]) -> None:
        if event == "rows":
            self._jobs.tell(self._job.id, self._owner, event, values, values)


def result_path(data_directory: Path, job: str, file: str) -> Path:
    """The path of a job's labelled file, which is there once the job is done."""
    return job_directory(data_directory, job) / f"labelled-{file}"
