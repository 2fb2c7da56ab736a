"""Label one file for a job, in a process of its own: `labelling_child JOB/work-1/task.json`.

It tells its progress as JSON lines, as `textcnn retrain --json` does, and goes on with an interrupted run.
"""

from __future__ import annotations

import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from textcnn.files.file_options import GIB, FileOptions
from textcnn.files.one_file import label_file
from textcnn.processes import end_without_beats
from textcnn.reading.layout import Layout
from textcnn.service.form_words import in_form_words
from textcnn.service.labelling.file_limits import too_much, within_limits
from textcnn.service.labelling.file_messages import FileFailed
from textcnn.service.process.malloc import limit_malloc_arenas

if TYPE_CHECKING:
    from textcnn.files.file_options import FileReport

TELL_SECONDS: Final = 0.5


def main() -> None:
    """Carry out the task of the file that the argument names."""
    task = json.loads(Path(sys.argv[1]).read_bytes())
    end_without_beats(task["patience"], lambda: _tell("left"))
    limit_malloc_arenas()
    _tell("state", state="labelling")
    memory_bytes = task["memory_bytes"]
    try:
        outcome = within_limits(partial(_label, task), source=task["source"], memory_bytes=memory_bytes)
    except MemoryError:
        outcome = too_much(memory_bytes)
    if isinstance(outcome, FileFailed):
        if outcome.trace:
            _tell("bug", trace=outcome.trace)
        _tell("error", code=outcome.code, error=outcome.sentence.replace(task["target"], "the output"))
        sys.exit(2)
    rate = round(outcome.rows_per_second, 1)
    counts = {"rows": outcome.rows, "errors": outcome.errors, **outcome.account.counts()}
    warnings = [in_form_words(each) for each in outcome.reading.warnings]
    told = {"reading": outcome.reading.description(outcome.rows), "warnings": warnings}
    _tell("outcome", state="done", **counts, **told, rows_per_second=rate)


def _label(task: dict[str, Any]) -> FileReport:
    options = FileOptions(layout=Layout.from_json(task["layout"]), **task["options"])
    last_told, started = 0.0, time.monotonic()

    def progress(rows: int, line: int, total: int | None) -> None:
        nonlocal last_told
        now = time.monotonic()
        if now - last_told >= TELL_SECONDS:
            last_told = now
            rate = round(rows / max(now - started, 1e-9), 1)
            _tell("rows", rows=rows, line=line, lines=total, rows_per_second=rate)

    return label_file(
        task["model"],
        task["source"],
        task["target"],
        options,
        memory=min(GIB, task["memory_bytes"]),
        progress=progress,
        resume=True,
        replace=True,
    )


def _tell(event: str, **values: object) -> None:
    sys.stdout.write(json.dumps({"event": event, **values}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
