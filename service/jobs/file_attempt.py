"""One attempt at labelling a large file."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from textcnn.service.jobs.attempt import Attempt
from textcnn.service.jobs.job_directory import UPLOADS, job_directory
from textcnn.service.labelling.file_limits import ENVIRONMENT
from textcnn.service.storage import durable_files
from textcnn.service.versions.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path


class FileAttempt(Attempt):
    """Run `textcnn.service.jobs.labelling_child` for a job."""

    kind = "file"
    environment = ENVIRONMENT

    def _command(self) -> list[str]:
        request = self._job.request
        version = Repository(self._data_directory).version(str(self._job.model), request["version"])
        task = {
            "model": str(version.path),
            "source": str(self._directory / UPLOADS / request["file"]),
            "target": str(self._labelled),
            "layout": request["layout"],
            "options": request["options"],
            "patience": self._options.child_patience,
            "memory_bytes": self._options.file_memory_bytes,
        }
        durable_files.write_json(self._work / "task.json", task)
        return [sys.executable, "-m", "textcnn.service.jobs.labelling_child", str(self._work / "task.json")]

    @property
    def _labelled(self) -> Path:
        return self._work / f"labelled-{self._job.request['file']}"

    def _deliver(self) -> None:
        # Where another worker has taken over meanwhile, nothing has this name any more.
        with suppress(FileNotFoundError):
            self._labelled.replace(result_path(self._data_directory, self._job.id, self._job.request["file"]))

    def _tell(self, event: str, values: dict[str, Any]) -> None:
        if event == "rows":
            self._jobs.tell(self._job.id, self._owner, event, values, values)


def result_path(data_directory: Path, job: str, file: str) -> Path:
    """The path of a job's labelled file, which is there once the job is done."""
    return job_directory(data_directory, job) / f"labelled-{file}"
