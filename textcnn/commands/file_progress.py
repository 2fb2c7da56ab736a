"""The terminal's side of labelling whole files: how far it is, and a last line with the counts."""

from __future__ import annotations

import sys
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from textcnn.pages import terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from textcnn.files.file_options import FileOptions


def classify_file(model: str, source: str, target: str, options: FileOptions, **arguments: Any) -> None:  # noqa: ANN401
    """Label a file as `label_file` does, and show on standard error how far it is."""
    from textcnn.files.one_file import label_file

    try:
        with _bar() as progress:
            report = label_file(model, source, target, options, progress=progress, **arguments)
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted. What is done is kept: say --resume to go on.\n")
        raise
    terminal.say_all(report.reading.lines(report.rows))
    errors = f", {report.errors:,} of them with an error" if report.errors else ""
    terminal.say(
        f"{report.rows:,} rows{errors}, {report.seconds:.1f} s, {report.rows_per_second:,.0f} rows/s: "
        f"{target}"
    )
    terminal.say_all(report.account.remarks())


def classify_files(
    model: str,
    source: str,
    target: str,
    options: FileOptions,
    *,
    cluster: bool,
    address: str | None,
    **arguments: Any,  # noqa: ANN401
) -> None:
    """Label files as `label_files` does, here or on a cluster, and show on standard error how far it is."""
    from textcnn.files.cluster import ray_runner
    from textcnn.files.many_files import label_files

    def show(done: int, files: int, rows: int) -> None:
        sys.stderr.write(f"\r{done:,} of {files:,} files, {rows:,} rows")

    progress = show if sys.stderr.isatty() else None
    try:
        with ray_runner(address) if cluster else nullcontext() as runner:
            report = label_files(
                model, source, target, options, runner=runner, progress=progress, **arguments
            )
    finally:
        sys.stderr.write("\n" if progress else "")
    terminal.say_all(report.lines())
    errors = f", {report.errors:,} of them with an error" if report.errors else ""
    terminal.say(f"{report.files:,} files, {report.rows:,} rows{errors}, {report.seconds:.1f} s: {target}")
    terminal.say_all(report.account.remarks())


@contextmanager
def _bar() -> Iterator[Callable[[int, int, int | None], None] | None]:
    """A callback for rows, lines and lines in all; None where nobody looks."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        BarColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
        TextColumn("{task.fields[speed]:,.0f} rows/s"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None, rows=0, speed=0.0)

        def show(rows: int, line: int, total: int | None) -> None:
            elapsed = progress.tasks[0].elapsed or 1e-9
            done = min(line, total) if total else rows
            progress.update(task, total=total, completed=done, rows=rows, speed=rows / elapsed)

        yield show
