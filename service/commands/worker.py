"""`textcnn worker`: train what was uploaded and label large files, beside the service."""

# Typer reads the annotations when the command is built, so they are no strings here.
import os
import signal
import threading
import time
from typing import Annotated

import typer

from textcnn.errors import MissingExtraError
from textcnn.pages import terminal
from textcnn.service.commands.repo import DatabaseUrlOption, DataDirOption

_GRACE_SECONDS = 3.0


def worker(
    *,
    data_directory: DataDirOption = None,
    database_url: DatabaseUrlOption = None,
    nice: Annotated[int, typer.Option(min=0, max=19, help="How far jobs step back for the service.")] = 10,
    memory: Annotated[
        int | None,
        typer.Option(
            min=1,
            envvar="TEXTCNN_WORKER_MEMORY_MB",
            help="Megabytes that a job may have; no limit when not said.",
        ),
    ] = None,
    file_memory: Annotated[
        int,
        typer.Option(
            min=1,
            envvar="TEXTCNN_FILE_MEMORY_MB",
            help="Megabytes that labelling a file may take in each process; what needs more is refused.",
        ),
    ] = 1_024,
    seconds: Annotated[
        int, typer.Option(min=1, envvar="TEXTCNN_WORKER_SECONDS", help="A job that takes longer is ended.")
    ] = 21_600,
    lease: Annotated[int, typer.Option(min=1, help="Seconds without a sign of life to count as lost.")] = 15,
    keep_days: Annotated[
        int | None,
        typer.Option(
            min=1, envvar="TEXTCNN_KEEP_DAYS", help="Days that trained rows are kept; for good when not said."
        ),
    ] = None,
    parent: Annotated[
        int | None, typer.Option(hidden=True, help="End when the process of this number, its parent, ends.")
    ] = None,
) -> None:
    """Take jobs from the queue, one at a time, until it is told to end (SIGTERM, Ctrl-C).

    Several workers, on several hosts, may share a queue. A job under way is given back, and the next worker
    goes on with it from its last epoch. Where PyTorch is not installed, trainings are left to other workers.
    """
    try:
        from textcnn.service.storage.database import Database
    except ImportError as error:
        raise MissingExtraError("The worker", "serve") from error
    from textcnn.service.jobs.worker import Worker, can_train
    from textcnn.service.jobs.worker_options import WorkerOptions
    from textcnn.service.process.limited_child import ChildLimits
    from textcnn.service.versions.repository import default_data_directory

    directory = data_directory or default_data_directory()
    options = WorkerOptions(
        lease_seconds=lease,
        limits=ChildLimits(nice, memory * 1_000_000 if memory else None),
        file_memory_bytes=file_memory * 1_000_000,
        longest_seconds=seconds,
        keep_days=keep_days,
    )
    if not can_train() and parent is None:  # else `textcnn serve` has said so
        terminal.write_line("Trainings are left to other workers: PyTorch is not installed here.")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if parent is not None:
        _end_with(parent, stop)
    database = Database.of(database_url, directory)
    try:
        Worker(database, directory, options).run(stop)
    finally:
        database.close()


def _end_with(parent: int, stop: threading.Event) -> None:
    """Stop when the parent process has ended, however it did; what does not end within seconds, is ended.

    Its number comes from itself: it may have ended before this process could ask for it.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        stop.set()
        time.sleep(_GRACE_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
