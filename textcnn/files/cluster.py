"""Files handed out to the CPUs of a Ray cluster, by Ray Data: `textcnn classify --cluster`.

A file is a task. What makes a lost or repeated task harmless is told in `textcnn.files.many_files`.
"""

from __future__ import annotations

import functools
import logging
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from textcnn.errors import InputError, MissingExtraError, TextCNNError
from textcnn.files.many_files import label_one

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textcnn.files.many_files import FilesRun, Pairs, Runner

_MOST_TASKS: Final = 10_000
_QUIET: Final = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # else Ray warns of tasks that ask for no GPU
}
"""Read by Ray when it is imported and when it starts."""
_IMPATIENT: Final = {"RAY_NUM_REDIS_GET_RETRIES": "2", "RAY_py_gcs_connect_timeout_s": "5"}
"""The same, where a cluster is cluster: half a minute until one that does not answer is an error, not ten."""


@contextmanager
def ray_runner(address: str | None = None) -> Iterator[Runner]:
    """A runner that hands files out to a Ray cluster, for `label_files`; the connection is closed afterwards.

    `address` is the cluster's; without it, `RAY_ADDRESS` says, or it is the cluster that this machine
    belongs to, or a new one of this machine alone. Paths must be the same on every node.

    Raises:
        MissingExtraError: Ray is not installed.
        InputError: there is no such cluster.
    """
    with _connected(address):
        yield _reports


def _reports(pairs: Pairs, run: FilesRun) -> Iterator[dict[str, Any]]:
    """The outcome of each file, as they are done.

    These are tasks and no actors: the task of a lost node goes to any free worker, but that of a lost actor
    waits until the actor is back, for which the nodes that are left may have no room. A worker process
    serves many tasks, and keeps the model that its first one loaded.

    Raises:
        TextCNNError: workers fail in a way that is no file's fault.
    """
    import ray

    for name, level in (("ray.data", logging.WARNING), ("ray.data._internal.progress", logging.ERROR)):
        logging.getLogger(name).setLevel(level)
    items = [{"source": str(source), "target": str(target)} for source, target in pairs]
    tasks = ray.data.from_items(items, override_num_blocks=min(len(items), _MOST_TASKS)).map(
        functools.partial(label_one, run), num_cpus=1
    )
    try:
        yield from tasks.iter_rows()
    except ray.exceptions.RayError as error:
        reason = str(error).strip().splitlines()[-1]
        raise TextCNNError(
            f"The cluster's workers fail ({reason}). Every node needs the same textcnn with the extra "
            "'cluster'; Ray's logs on the node tell more. What is done is kept: say --resume to go on."
        ) from error


@contextmanager
def _connected(address: str | None) -> Iterator[None]:
    """Connected to Ray; what was connected before stays so."""
    cluster = address or os.environ.get("RAY_ADDRESS")
    for name, value in (_QUIET | (_IMPATIENT if cluster not in (None, "", "local") else {})).items():
        os.environ.setdefault(name, value)
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise MissingExtraError("Labelling files on a cluster", "cluster") from error
    if ray.is_initialized():
        yield
        return
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise InputError(
            f"No Ray cluster can be used at {cluster or 'this machine'}: {error}", field="cluster"
        ) from error
    try:
        yield
    finally:
        ray.shutdown()
