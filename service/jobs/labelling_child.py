"""Label one file for a job, in a process of its own: `labelling_child JOB/work-1/task.json`.

It tells its progress as JSON lines, as `textcnn retrain --json` does, and goes on with an interrupted run.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any, Final

from textcnn.errors import TextCNNError
from textcnn.files.file_options import FileOptions
from textcnn.files.one_file import label_file
from textcnn.processes import end_without_beats
from textcnn.reading.layout import Layout

TELL_SECONDS: Final = 0.5


def main() -> None:
    """Carry out the task of the file that the argument names."""
    task = json.loads(Path(sys.argv[1]).read_bytes())
    end_without_beats(task["patience"], lambda: _tell("left"))
    _tell("state", state="labelling")
    try:
        _label(task)
    except TextCNNError as error:
        sentence = error.message.replace(task["source"], "The file").replace(task["target"], "the output")
        _tell("error", code=error.code, error=sentence)
        sys.exit(2)


def _label(task: dict[str, Any]) -> None:
    options = FileOptions(layout=Layout.from_json(task["layout"]), **task["options"])
    last_told, started = 0.0, time.monotonic()

    def progress(rows: int, line: int, total: int | None) -> None:
        nonlocal last_told
        now = time.monotonic()
        if now - last_told >= TELL_SECONDS:
            last_told = now
            rate = round(rows / max(now - started, 1e-9), 1)
            _tell("rows", rows=rows, line=line, lines=total, rows_per_second=rate)

    report = label_file(
        task["model"], task["source"], task["target"], options, progress=progress, resume=True, replace=True
    )
    rate = round(report.rows_per_second, 1)
    counts = {"rows": report.rows, "errors": report.errors, **report.account.counts()}
    _tell("outcome", state="done", **counts, rows_per_second=rate)


def _tell(event: str, **values: object) -> None:
    sys.stdout.write(json.dumps({"event": event, **values}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
